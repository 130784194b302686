import Columnar

/// A leaf of the schema: where its values come from and how deep it lies.
///
/// Levels (Dremel): from the root to the leaf every optional or repeated node adds 1 to the definition level, every
/// repeated node 1 to the repetition level. A value is present where its definition level is the greatest.
struct LeafColumn: Sendable {
    /// The names from the root to the leaf, without the root.
    let path: [String]
    let physicalType: PhysicalType
    let logicalType: LogicalType?
    let maxDefinitionLevel: Int
    let maxRepetitionLevel: Int
    /// The column of the batch that holds it.
    let fieldIndex: Int
    /// Which child to follow at each list or map below the column.
    let childIndexes: [Int]
    /// Whether the column itself may hold NULL.
    let isNullable: Bool

    /// Whether one bit a row says all there is to say.
    var isFlat: Bool { maxRepetitionLevel == 0 }

    /// All leaves of a schema, in the order of the file.
    static func leaves(of schema: TableSchema) -> [LeafColumn] {
        var leaves: [LeafColumn] = []
        for (index, field) in schema.fields.enumerated() {
            collect(
                field.type,
                path: [field.name],
                definition: field.isNullable ? 1 : 0,
                repetition: 0,
                fieldIndex: index,
                children: [],
                isNullable: field.isNullable,
                into: &leaves
            )
        }
        return leaves
    }

    private static func collect(
        _ type: ColumnType,
        path: [String],
        definition: Int,
        repetition: Int,
        fieldIndex: Int,
        children: [Int],
        isNullable: Bool,
        into leaves: inout [LeafColumn]
    ) {
        func descend(_ type: ColumnType, _ names: [String], optional: Bool, child: Int) {
            collect(
                type,
                path: path + names,
                definition: definition + 1 + (optional ? 1 : 0),
                repetition: repetition + 1,
                fieldIndex: fieldIndex,
                children: children + [child],
                isNullable: isNullable,
                into: &leaves
            )
        }
        switch type {
        case .leaf(let physical, let logical):
            leaves.append(
                LeafColumn(
                    path: path,
                    physicalType: physical,
                    logicalType: logical,
                    maxDefinitionLevel: definition,
                    maxRepetitionLevel: repetition,
                    fieldIndex: fieldIndex,
                    childIndexes: children,
                    isNullable: isNullable
                )
            )
        case .list(let element):
            descend(element, ["list", "element"], optional: true, child: 0)
        case .map(let key, let value):
            descend(key, ["key_value", "key"], optional: false, child: 0)
            descend(value, ["key_value", "value"], optional: true, child: 1)
        }
    }
}

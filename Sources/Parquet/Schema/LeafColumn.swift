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
    /// How to get from the column down to the leaf.
    let steps: [Step]
    /// Whether the column itself may hold NULL.
    let isNullable: Bool

    /// One level of the nesting.
    struct Step: Sendable {
        /// Which child of the container to go on with.
        let child: Int
        /// Whether the container is a list or map, which has any number of entries, not a structure.
        let isRepeated: Bool
        /// Whether the child may be NULL.
        let isNullable: Bool
    }

    /// The physical type as the file has it (parquet.thrift, `Type`).
    var thriftType: Int32 { logicalType == .int96Timestamp ? 3 : physicalType.thriftValue }

    /// Whether one bit a row says all there is to say.
    var isFlat: Bool { steps.isEmpty }

    /// All leaves of a schema, in the order of the file.
    static func leaves(of schema: TableSchema) -> [LeafColumn] {
        var leaves: [LeafColumn] = []
        for (index, field) in schema.fields.enumerated() {
            let column = Ancestors(fieldIndex: index, isNullable: field.isNullable, path: [field.name], steps: [])
            collect(field.type, below: column, into: &leaves)
        }
        return leaves
    }

    /// What lies between the root and a node.
    private struct Ancestors {
        let fieldIndex: Int
        let isNullable: Bool
        var path: [String]
        var steps: [Step]

        func descending(_ names: [String], _ child: Int, isRepeated: Bool, isNullable: Bool) -> Ancestors {
            var below = self
            below.path += names
            below.steps.append(Step(child: child, isRepeated: isRepeated, isNullable: isNullable))
            return below
        }
    }

    private static func collect(_ type: ColumnType, below: Ancestors, into leaves: inout [LeafColumn]) {
        func entries(_ type: ColumnType, _ names: [String], _ child: Int, isNullable: Bool) {
            let node = below.descending(names, child, isRepeated: true, isNullable: isNullable)
            collect(type, below: node, into: &leaves)
        }
        switch type {
        case .leaf(let physical, let logical):
            let repetition = below.steps.reduce(0) { $0 + ($1.isRepeated ? 1 : 0) }
            let optional = below.steps.reduce(below.isNullable ? 1 : 0) { $0 + ($1.isNullable ? 1 : 0) }
            leaves.append(
                LeafColumn(
                    path: below.path,
                    physicalType: physical,
                    logicalType: logical,
                    maxDefinitionLevel: optional + repetition,
                    maxRepetitionLevel: repetition,
                    fieldIndex: below.fieldIndex,
                    steps: below.steps,
                    isNullable: below.isNullable
                )
            )
        case .list(let element): entries(element, ["list", "element"], 0, isNullable: true)
        case .map(let key, let value):
            entries(key, ["key_value", "key"], 0, isNullable: false)
            entries(value, ["key_value", "value"], 1, isNullable: true)
        case .structure(let fields):
            for (index, field) in fields.enumerated() {
                let node = below.descending([field.name], index, isRepeated: false, isNullable: field.isNullable)
                collect(field.type, below: node, into: &leaves)
            }
        }
    }
}

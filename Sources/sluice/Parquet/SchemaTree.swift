import Columnar
import Parquet

/// A node of a file's schema with what people call its parts.
struct SchemaTree {
    /// The name.
    var name: String
    /// The physical type; `nil` for groups.
    var physicalType: String?
    /// What it means, where that is known.
    var logicalType: String?
    /// `required`, `optional` or `repeated`.
    var repetition: String
    /// The number that the writer's own schema has for it.
    var fieldID: Int32?
    /// A group's nodes.
    var children: [SchemaTree] = []

    /// The columns of a file, as the footer has them.
    static func columns(of reader: ParquetFileReader) -> [SchemaTree] {
        var elements = reader.metadata.schema.dropFirst()
        var leaves = reader.leaves[...]
        var columns: [SchemaTree] = []
        while let element = elements.popFirst() { columns.append(SchemaTree(element, &elements, &leaves)) }
        return columns
    }

    /// The reader has made sure that elements and leaves form a tree of some depth.
    private init(
        _ element: FileMetadata.SchemaElement,
        _ elements: inout ArraySlice<FileMetadata.SchemaElement>,
        _ leaves: inout ArraySlice<SchemaLeaf>
    ) {
        name = element.name
        repetition =
            switch element.repetition {
            case 1: "optional"
            case 2: "repeated"
            default: "required"
            }
        fieldID = element.fieldID
        guard let type = element.physicalType, element.childCount == nil || element.childCount == 0 else {
            logicalType = Self.group(element)
            for _ in 0..<(element.childCount ?? 0) {
                guard let child = elements.popFirst() else { break }
                children.append(SchemaTree(child, &elements, &leaves))
            }
            return
        }
        physicalType = FormatNames.physicalType(type) + (type == 7 ? "(\(element.typeLength ?? 0))" : "")
        let known = leaves.popFirst()?.logicalType
        logicalType = known.flatMap(Self.text)
        if known == nil, case .unknown(let number)? = element.annotation { logicalType = Self.unknown(number) }
    }

    /// The node as people think of it: lists without the group that repeats their elements, maps likewise.
    ///
    /// Lists and maps of other forms, which older writers have, stay as they are.
    var withoutRepeatedGroups: SchemaTree {
        var tree = self
        if ["LIST", "MAP"].contains(logicalType), children.count == 1, children[0].repetition == "repeated" {
            let repeated = children[0]
            let isList =
                logicalType == "LIST" && repeated.children.count == 1 && repeated.children[0].repetition != "repeated"
                && repeated.name != "array" && repeated.name != name + "_tuple"
            if isList || logicalType == "MAP" && repeated.children.count == 2 { tree.children = repeated.children }
        }
        tree.children = tree.children.map(\.withoutRepeatedGroups)
        return tree
    }

    private static func group(_ element: FileMetadata.SchemaElement) -> String? {
        switch (element.annotation, element.convertedType) {
        case (.list?, _), (nil, 3?): "LIST"
        case (.map?, _), (nil, 1?), (nil, 2?): "MAP"
        case (.unknown(let number)?, _): unknown(number)
        default: nil
        }
    }

    /// Types that the library reads as their physical type.
    private static func unknown(_ number: Int16) -> String {
        switch number {
        case 16: "VARIANT"
        case 17: "GEOMETRY"
        case 18: "GEOGRAPHY"
        default: "logical type \(number)"
        }
    }

    private static func text(_ type: LogicalType) -> String? {
        switch type {
        case .string: "STRING"
        case .json: "JSON"
        case .bson: "BSON"
        case .enumeration: "ENUM"
        case .uuid: "UUID"
        case .decimal(let precision, let scale): "DECIMAL(\(precision), \(scale))"
        case .date: "DATE"
        case .time(let unit, let isUTC): "TIME(\(text(unit)), \(isUTC ? "UTC" : "local"))"
        case .timestamp(let unit, let isUTC): "TIMESTAMP(\(text(unit)), \(isUTC ? "UTC" : "local"))"
        case .integer(let bitWidth, let isSigned): "INTEGER(\(bitWidth), \(isSigned ? "signed" : "unsigned"))"
        case .float16: "FLOAT16"
        case .interval: "INTERVAL"
        case .null: "NULL"
        case .int96Timestamp: nil
        }
    }

    private static func text(_ unit: TimeUnit) -> String {
        switch unit {
        case .milliseconds: "ms"
        case .microseconds: "µs"
        case .nanoseconds: "ns"
        }
    }
}

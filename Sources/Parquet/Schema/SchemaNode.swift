import Columnar

/// A node of a file's schema: a group or a leaf, with its levels.
///
/// Levels are those that ``LeafColumn`` explains; here every node has them, counted from the root.
final class SchemaNode: Sendable {
    /// How often a node occurs within its parent (parquet.thrift, `FieldRepetitionType`).
    enum Repetition: Int32, Sendable { case required, optional, repeated }

    /// More levels than any real schema has; they must fit a byte.
    ///
    /// A list is two nodes, so that they are twice as many as ``SchemaCheck`` lets pass.
    static let maximumDepth = 120

    /// The names that all paths of a schema have together at most: 1 Mi, which is 100,000 columns ten deep.
    ///
    /// Every node keeps its path, so that a footer of a mebibyte could ask for hundreds of them.
    static let maximumNameCount = 1 << 20

    let element: FileMetadata.SchemaElement
    let repetition: Repetition
    /// The names from the root to the node, without the root.
    let path: [String]
    let definitionLevel: Int
    let repetitionLevel: Int
    /// A group's nodes; none for leaves.
    let children: [SchemaNode]
    /// Which leaf it is, in the order of the file.
    let leaf: SchemaLeaf?

    var name: String { element.name }

    private init(
        _ element: FileMetadata.SchemaElement,
        _ repetition: Repetition,
        path: [String],
        levels: (definition: Int, repetition: Int),
        children: [SchemaNode],
        leaf: SchemaLeaf?
    ) {
        self.element = element
        self.repetition = repetition
        self.path = path
        definitionLevel = levels.definition
        repetitionLevel = levels.repetition
        self.children = children
        self.leaf = leaf
    }

    /// Makes the tree of a footer's schema.
    ///
    /// - Returns: The root's children, and all leaves in the order of the file.
    /// - Throws: ``ParquetReadError`` if the elements form no tree, or one has no type.
    static func tree(
        _ elements: [FileMetadata.SchemaElement]
    ) throws(ParquetReadError) -> (fields: [SchemaNode], leaves: [SchemaLeaf]) {
        guard let root = elements.first, let count = root.childCount, count >= 0 else {
            throw malformed("the root is missing or has no children")
        }
        var builder = Builder(elements: elements)
        var fields: [SchemaNode] = []
        for _ in 0..<count { fields.append(try builder.node(path: [], levels: (0, 0))) }
        guard builder.next == elements.count else { throw malformed("nodes are left over") }
        return (fields, builder.leaves)
    }

    private static func malformed(_ reason: String) -> ParquetReadError {
        ParquetReadError(.malformed, "The schema is no tree: \(reason).")
    }

    /// Takes elements one after another.
    private struct Builder {
        let elements: [FileMetadata.SchemaElement]
        var next = 1
        var nameCount = 0
        var leaves: [SchemaLeaf] = []

        mutating func node(
            path outer: [String],
            levels: (definition: Int, repetition: Int)
        ) throws(ParquetReadError) -> SchemaNode {
            guard next < elements.count else { throw malformed("nodes are missing") }
            let element = elements[next]
            next += 1
            let path = outer + [element.name]
            guard path.count <= SchemaNode.maximumDepth else { throw malformed("it is too deep") }
            nameCount += path.count
            guard nameCount <= SchemaNode.maximumNameCount else {
                throw ParquetReadError(.tooLarge, "The schema's paths have more than \(nameCount - 1) names.")
            }
            guard let repetition = element.repetition.flatMap(Repetition.init(rawValue:)) else {
                throw malformed("node \(element.name) has no repetition")
            }
            let below = (
                definition: levels.definition + (repetition == .required ? 0 : 1),
                repetition: levels.repetition + (repetition == .repeated ? 1 : 0)
            )
            // Some writers say that leaves have no children.
            guard let count = element.childCount, count != 0 || element.physicalType == nil else {
                let leaf = try SchemaLeaf(element, index: leaves.count, path: path, levels: below)
                leaves.append(leaf)
                return SchemaNode(element, repetition, path: path, levels: below, children: [], leaf: leaf)
            }
            guard count > 0 else { throw malformed("group \(element.name) has no children") }
            var children: [SchemaNode] = []
            for _ in 0..<count { children.append(try node(path: path, levels: below)) }
            return SchemaNode(element, repetition, path: path, levels: below, children: children, leaf: nil)
        }
    }
}

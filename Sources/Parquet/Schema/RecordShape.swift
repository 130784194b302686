import Columnar

/// How a node of the schema becomes a column, and from which levels on it exists.
///
/// A column has a slot for each entry of its leaves whose definition level is at least ``slotLevel`` and whose
/// repetition level is at most ``repetitionLevel``; the slot is a value where the definition level is at least
/// ``valueLevel``. Lists and maps have an entry where it is at least ``entryLevel``.
struct RecordShape: Sendable {
    enum Kind: Sendable, Equatable { case leaf(SchemaLeaf), entries, structure }

    let kind: Kind
    let type: ColumnType
    let isNullable: Bool
    let slotLevel: Int
    let valueLevel: Int
    let entryLevel: Int
    let repetitionLevel: Int
    /// As the column's children.
    let children: [RecordShape]
    /// For each child, the names of the nodes that lead to it: several ways to say the same.
    let childNames: [[[String]]]

    /// Any leaf below: all of them say the same about this node.
    var anyLeaf: SchemaLeaf? {
        if case .leaf(let leaf) = kind { return leaf }
        return children.first?.anyLeaf
    }

    /// The shape of a node, which exists where the definition level is at least `slotLevel`.
    init(_ node: SchemaNode, slotLevel: Int = 0) {
        if node.repetition == .repeated {
            // Without LIST around it, a repeated field is a required list of required elements.
            self.init(
                entriesOf: node,
                [.init(body: node, slotLevel: node.definitionLevel)],
                names: [[[]]],
                levels: (value: slotLevel, slot: slotLevel)
            )
        } else {
            self.init(body: node, slotLevel: slotLevel)
        }
    }

    /// The shape of a node, whether it is repeated or not.
    private init(body node: SchemaNode, slotLevel: Int) {
        if let leaf = node.leaf {
            self.init(leaf, node, slotLevel: slotLevel)
        } else if let repeated = node.onlyRepeatedChild, node.isMap || node.isList {
            let isPairs = node.isMap && repeated.children.count == 2
            let entries =
                isPairs
                ? repeated.children.map { RecordShape($0, slotLevel: repeated.definitionLevel) }
                : [RecordShape(elementOf: repeated, in: node)]
            let names =
                isPairs
                ? zip(["key", "value"], repeated.names).map { [[$0], [repeated.name, $1]] }
                : [[[repeated.name] + (repeated.isElement(of: node) ? [] : repeated.names), []]]
            self.init(
                entriesOf: repeated,
                entries,
                names: names,
                levels: (value: node.definitionLevel, slot: slotLevel),
                isNullable: node.isNullable
            )
        } else {
            let children = node.children.map { RecordShape($0, slotLevel: node.definitionLevel) }
            self.init(structure: node.names, children, node, slotLevel: slotLevel)
        }
    }

    /// The element of a list, by the rules for what older writers wrote (LogicalTypes.md, "Backward-compatibility
    /// rules").
    private init(elementOf repeated: SchemaNode, in list: SchemaNode) {
        if repeated.isElement(of: list) {
            self.init(body: repeated, slotLevel: repeated.definitionLevel)
        } else {
            self.init(repeated.children[0], slotLevel: repeated.definitionLevel)
        }
    }

    private init(_ leaf: SchemaLeaf, _ node: SchemaNode, slotLevel: Int) {
        kind = .leaf(leaf)
        type = leaf.columnType
        isNullable = node.isNullable
        self.slotLevel = slotLevel
        valueLevel = node.definitionLevel
        entryLevel = node.definitionLevel
        repetitionLevel = node.repetitionLevel
        children = []
        childNames = []
    }

    private init(
        entriesOf repeated: SchemaNode,
        _ entries: [RecordShape],
        names: [[[String]]],
        levels: (value: Int, slot: Int),
        isNullable: Bool = false
    ) {
        kind = .entries
        type = entries.count == 2 ? .map(key: entries[0].type, value: entries[1].type) : .list(entries[0].type)
        self.isNullable = isNullable
        slotLevel = levels.slot
        valueLevel = levels.value
        entryLevel = repeated.definitionLevel
        repetitionLevel = repeated.repetitionLevel - 1
        children = entries
        childNames = names
    }

    private init(structure names: [String], _ children: [RecordShape], _ node: SchemaNode, slotLevel: Int) {
        kind = .structure
        type = .structure(
            zip(names, children).map { Field(name: $0, type: $1.type, isNullable: $1.isNullable) }
        )
        isNullable = node.isNullable
        self.slotLevel = slotLevel
        valueLevel = node.definitionLevel
        entryLevel = node.definitionLevel
        repetitionLevel = node.repetitionLevel
        self.children = children
        childNames = names.map { [[$0]] }
    }

    /// The same node with some of its children, or with parts of them.
    ///
    /// - Parameters:
    ///   - whole: The node.
    ///   - places: Which children are kept, in ascending order; of a list or map, all.
    ///   - children: What is kept of them.
    init(_ whole: RecordShape, keeping places: [Int], as children: [RecordShape]) {
        kind = whole.kind
        switch whole.type {
        case .leaf: type = whole.type
        case .list: type = .list(children[0].type)
        case .map: type = .map(key: children[0].type, value: children[1].type)
        case .structure(let fields):
            type = .structure(
                zip(places, children).map { place, child in
                    Field(name: fields[place].name, type: child.type, isNullable: child.isNullable)
                }
            )
        }
        isNullable = whole.isNullable
        slotLevel = whole.slotLevel
        valueLevel = whole.valueLevel
        entryLevel = whole.entryLevel
        repetitionLevel = whole.repetitionLevel
        self.children = children
        childNames = places.map { whole.childNames[$0] }
    }
}

extension SchemaNode {
    fileprivate var isNullable: Bool { repetition == .optional }

    fileprivate var names: [String] { children.map(\.name) }

    fileprivate var isList: Bool {
        element.annotation == .list || element.annotation == nil && element.convertedType == 3
    }

    /// MAP_KEY_VALUE in the place of MAP is what some older writers wrote; inside of a map it says nothing.
    fileprivate var isMap: Bool {
        element.annotation == .map
            || element.annotation == nil && (element.convertedType == 1 || element.convertedType == 2)
    }

    /// Whether a list's repeated node is the element itself, not only around it.
    fileprivate func isElement(of list: SchemaNode) -> Bool {
        children.count != 1 || children[0].repetition == .repeated || name == "array" || name == list.name + "_tuple"
    }

    fileprivate var onlyRepeatedChild: SchemaNode? {
        children.count == 1 && children[0].repetition == .repeated ? children[0] : nil
    }
}

import Columnar

/// Fills a column and those below it.
struct RandomColumn {
    /// How NULLs lie.
    private enum Nulls: CaseIterable { case none, some, runs, all }

    private let type: ColumnType
    private let nulls: Nulls
    private let entryCount: Int
    private var leaf: RandomLeaf?
    private var children: [RandomColumn]
    /// The slots that are still to be as the one before.
    private var run = 0
    private var runIsNull = false

    init(_ type: ColumnType, isNullable: Bool, _ choices: inout Choices) {
        self.type = type
        nulls = isNullable ? choices.pick(Nulls.allCases) : .none
        entryCount = choices.pick([0, 1, 3, 6])
        switch type {
        case .leaf(let physical, let logical):
            leaf = RandomLeaf(physical, logical, &choices)
            children = []
        case .list(let element): children = [RandomColumn(element, isNullable: true, &choices)]
        case .map(let key, let value):
            children = [
                RandomColumn(key, isNullable: false, &choices), RandomColumn(value, isNullable: true, &choices),
            ]
        case .structure(let fields):
            children = fields.map { RandomColumn($0.type, isNullable: $0.isNullable, &choices) }
        }
    }

    /// Appends one slot.
    mutating func append(to column: Column, _ choices: inout Choices) {
        guard !isNull(&choices) else { return column.appendNulls(1) }
        switch type {
        case .leaf: leaf?.append(to: column, &choices)
        case .structure:
            column.append(structureCount: 1)
            for index in children.indices { children[index].append(to: column.children[index], &choices) }
        case .list, .map:
            let count = entryCount == 0 ? 0 : Int(choices.next() >> 8) % (entryCount + 1)
            column.append(entryCount: count)
            for _ in 0..<count {
                for index in children.indices { children[index].append(to: column.children[index], &choices) }
            }
        }
    }

    private mutating func isNull(_ choices: inout Choices) -> Bool {
        switch nulls {
        case .none: return false
        case .all: return true
        case .some: return choices.next() >> 8 & 3 == 0
        case .runs:
            if run == 0 {
                run = Int(choices.next() >> 8) % 200
                runIsNull.toggle()
            } else {
                run -= 1
            }
            return runIsNull
        }
    }
}

import TestSupport
import Testing

@testable import Replication

@Suite
struct WantedKeysTests {
    /// Values of one byte in each of some columns, some of them missing, in order.
    private static func columns(
        _ keyCount: Int,
        _ random: inout some RandomNumberGenerator
    ) -> (values: [[UInt8?]], sorted: [OrderedKeyColumn]) {
        let values = (0..<2).map { _ in
            (0..<keyCount).map { _ in
                Int.random(in: 0..<8, using: &random) == 0 ? nil : UInt8.random(in: 0..<40, using: &random)
            }
        }
        let sorted = values.map { values in
            var column = OrderedKeyColumn(keyCount: keyCount)
            for value in values { column.append(value.map { [$0] }) }
            column.sort()
            return column
        }
        return (values, sorted)
    }

    @Test(arguments: 0..<60)
    func `a stretch is what a look at each key finds`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let keyCount = Int.random(in: 1..<50, using: &random)
        let (values, columns) = Self.columns(keyCount, &random)
        var wanted = Set((0..<keyCount).filter { _ in Bool.random(using: &random) })
        var keys = WantedKeys(Array(wanted), of: columns, keyCount: keyCount)
        var selections: [WantedKeys.Selection] = []
        var members: [Set<Int>] = []
        for _ in 0..<12 {
            let column = Int.random(in: 0..<2, using: &random)
            let (first, second) = (UInt8.random(in: 0..<40, using: &random), UInt8.random(in: 0..<40, using: &random))
            let (least, greatest) = (min(first, second), max(first, second))
            let orNull = Bool.random(using: &random)
            let stretch = WantedKeys.Stretch(
                column: column,
                places: columns[column].places(from: [least], through: [greatest]),
                withoutValue: (orNull ? columns[column].valueCount : keyCount)..<keyCount
            )
            let inside = Set(
                (0..<keyCount).filter { key in values[column][key].map { (least...greatest).contains($0) } ?? orNull }
            )
            #expect(stretch.count == inside.count)
            if Bool.random(using: &random) {
                selections.append(.stretch(stretch))
                members.append(inside)
            } else {
                let found = keys.keys(of: .stretch(stretch), limit: keyCount)
                let listed = try #require(found)
                #expect(Set(listed) == inside.intersection(wanted))
                selections.append(.listed(listed.map { Int32($0) }))
                members.append(Set(listed))
            }
        }
        while true {
            let own = keys.haveKeysOfTheirOwn(selections)
            for (index, selection) in selections.enumerated() {
                let left = members[index].intersection(wanted)
                let (isThere, few) = (keys.containsSome(of: selection), keys.keys(of: selection, limit: 3))
                #expect(isThere == !left.isEmpty)
                #expect(few.map { Set($0) } == (left.count <= 3 ? left : nil))
                let hasOwn = left.contains { key in members.count { $0.contains(key) } == 1 }
                #expect(own[index] == hasOwn)
            }
            guard let key = wanted.randomElement(using: &random) else { break }
            wanted.remove(key)
            keys.remove(key)
            #expect(!keys.contains(key))
        }
    }
}

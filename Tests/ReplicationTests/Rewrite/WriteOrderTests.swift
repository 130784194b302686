import Testing

@testable import Replication

@Suite
struct WriteOrderTests {
    @Test
    func `days that wait for none are written together`() {
        #expect(WriteOrder([[], [], []]).steps == [.whole([0, 1, 2])])
        #expect(WriteOrder([]).steps == [])
    }

    @Test
    func `a day is written after those to which its rows move`() {
        #expect(WriteOrder([[1], [2], []]).steps == [.whole([2]), .whole([1]), .whole([0])])
    }

    @Test
    func `of a circle one day takes its new rows in first`() {
        #expect(WriteOrder([[1], [0]]).steps == [.additions(0), .whole([1]), .whole([0])])
    }

    @Test
    func `whatever waits for whatever, rows are in their new day before they leave the old one`() {
        var numbers = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let count = Int.random(in: 1...7, using: &numbers)
            let waits = (0..<count).map { _ in
                Set((0..<count).filter { _ in Int.random(in: 0..<3, using: &numbers) == 0 })
            }
            var (added, written) = (Set<Int>(), Set<Int>())
            for step in WriteOrder(waits).steps {
                switch step {
                case .additions(let day): added.insert(day)
                case .whole(let days):
                    for day in days {
                        let open = waits[day].subtracting([day]).subtracting(added).subtracting(written)
                        #expect(open.isEmpty, "\(waits)")
                    }
                    #expect(written.isDisjoint(with: days))
                    written.formUnion(days)
                }
            }
            #expect(written.count == count, "\(waits)")
        }
    }
}

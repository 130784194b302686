/// In which order days are written: a day to which rows move comes before those that they leave, so that a reader finds
/// a row in one of them at any moment.
struct WriteOrder {
    /// A step.
    enum Step: Equatable {
        /// The day gets its new rows, and keeps those that move to days which are not written yet.
        case additions(Int)
        /// The days, none of which waits for another, become what they are to be.
        case whole([Int])
    }

    private(set) var steps: [Step] = []

    /// Orders days.
    ///
    /// - Parameter waits: For each day those that have to be written before.
    init(_ waits: [Set<Int>]) {
        var waits = waits.enumerated().map { $1.subtracting([$0]) }
        var rest = Array(waits.indices)
        while !rest.isEmpty {
            let free = rest.filter { waits[$0].isEmpty }
            if free.isEmpty {
                // A circle: rows change places. One day takes in what comes first, and is written once more later.
                let first = rest.max { left, right in
                    Self.dependents(left, waits, rest) < Self.dependents(right, waits, rest)
                }
                guard let first else { return }
                steps.append(.additions(first))
                for index in rest { waits[index].remove(first) }
                continue
            }
            steps.append(.whole(free))
            rest.removeAll { free.contains($0) }
            for index in rest { waits[index].subtract(free) }
        }
    }

    private static func dependents(_ day: Int, _ waits: [Set<Int>], _ rest: [Int]) -> Int {
        rest.count { waits[$0].contains(day) }
    }
}

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
    /// For each day those that have to be written before, as far as they are not.
    private var waits: [Set<Int>]
    /// For each day those that wait for it.
    private let dependents: [[Int]]
    /// How many of those do so yet.
    private var dependentCounts: [Int]

    /// Orders days.
    ///
    /// - Parameter waits: For each day those that have to be written before.
    /// - Complexity: O(days and waits), and O(days) more for each circle.
    init(_ waits: [Set<Int>]) {
        let waits = waits.enumerated().map { $1.subtracting([$0]) }
        var dependents = [[Int]](repeating: [], count: waits.count)
        for (day, others) in waits.enumerated() {
            for other in others { dependents[other].append(day) }
        }
        self.waits = waits
        self.dependents = dependents
        dependentCounts = dependents.map(\.count)
        var free = waits.indices.filter { waits[$0].isEmpty }
        var rest = Set(waits.indices)
        while !rest.isEmpty {
            if free.isEmpty {
                // A circle: rows change places. One day takes in what comes first, and is written once more later.
                let first = rest.max { (dependentCounts[$0], $1) < (dependentCounts[$1], $0) }
                guard let first else { return }
                steps.append(.additions(first))
                free = release(first)
            } else {
                steps.append(.whole(free))
                rest.subtract(free)
                free = free.flatMap { release($0) }.sorted()
            }
        }
    }

    /// Lets those go on that wait for a day.
    ///
    /// - Returns: The days that wait for none any more.
    private mutating func release(_ day: Int) -> [Int] {
        var free: [Int] = []
        for dependent in dependents[day] where waits[dependent].remove(day) != nil {
            if waits[dependent].isEmpty { free.append(dependent) }
        }
        dependentCounts[day] = 0
        return free
    }
}

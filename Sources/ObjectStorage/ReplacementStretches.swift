/// Collects ranges to copy and runs to send, each but the last of at least a part's smallest size.
struct ReplacementStretches {
    private let smallest: Int
    private var stretches: [ReplacementPlan.Part] = []
    private var run: [ReplacementPlan.Slice] = []
    private var runLength = 0

    init(smallest: Int) {
        self.smallest = smallest
    }

    /// Takes the next slice of the object.
    mutating func add(_ slice: ReplacementPlan.Slice) {
        guard case .present(let range) = slice, range.count >= smallest, let share = share(range) else {
            run.append(slice)
            runLength += slice.byteCount
            return
        }
        if share.before > 0, case .copy(let previous) = stretches.last {
            stretches[stretches.count - 1] = .copy(previous.dropLast(share.before))
            run.insert(.present(previous.suffix(share.before)), at: 0)
        }
        if share.after > 0 { run.append(.present(range.prefix(share.after))) }
        finishRun()
        stretches.append(.copy(range.dropFirst(share.after)))
    }

    /// All stretches; the last may be short.
    mutating func finish() -> [ReplacementPlan.Part] {
        finishRun()
        return stretches
    }

    /// How much of the range before the run and of that after it completes the run; nil if neither has so much to spare.
    private func share(_ next: Range<Int>) -> (before: Int, after: Int)? {
        let lack = run.isEmpty ? 0 : max(0, smallest - runLength)
        let after = next.count - smallest
        guard lack > after else { return (0, lack) }
        guard case .copy(let previous) = stretches.last else { return nil }
        let before = previous.count - smallest
        guard lack > before else { return (lack, 0) }
        return lack <= before + after ? (before, lack - before) : nil
    }

    private mutating func finishRun() {
        guard !run.isEmpty else { return }
        stretches.append(.send(run))
        run = []
        runLength = 0
    }
}

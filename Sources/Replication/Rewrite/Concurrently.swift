import Dispatch
import Foundation
import Synchronization

/// Does something for each of several numbers, for some of them at the same time; returns when all is done.
///
/// Each thread is one of its own, so that as many wait for a store as wanted, however few processors there are. Blocks
/// the calling thread.
///
/// - Parameters:
///   - count: The numbers are those below.
///   - width: For how many it is done at the same time.
///   - work: Is called once with each number, from any thread.
func concurrently(_ count: Int, width: Int, _ work: @Sendable @escaping (Int) -> Void) {
    guard min(count, width) > 1 else { return (0..<count).forEach(work) }
    let run = ConcurrentRun(count: count)
    let threads = DispatchGroup()
    for _ in 0..<min(count, width) {
        threads.enter()
        let thread = Thread {
            while let number = run.next() { work(number) }
            threads.leave()
        }
        thread.name = "sluice-rewrite"
        thread.stackSize = 8 << 20
        thread.start()
    }
    threads.wait()
}

/// Hands out numbers.
private final class ConcurrentRun: Sendable {
    private let count: Int
    private let taken = Atomic(0)

    init(count: Int) {
        self.count = count
    }

    func next() -> Int? {
        let number = taken.add(1, ordering: .relaxed).oldValue
        return number < count ? number : nil
    }
}

/// A value that several threads use while the one that owns it waits for them.
///
/// Unchecked, because that it is only read, or in different parts, is more than the compiler can follow.
struct Lent<Value>: @unchecked Sendable {
    let value: Value
}

import Glibc
import Synchronization

/// Places between receiving a change and confirming it where a test can end the process as `kill -9` does.
///
/// Compiled in only with the package's trait `Failpoints`; the environment variable `SLUICE_FAILPOINT` then names one,
/// and which time it is reached: `afterUpload:3`.
enum Failpoint: String, CaseIterable, Sendable {
    case afterPublication, afterSlot, afterTakeOver, afterOrphanRemoval, afterStart
    case beforeLoad, afterLoad, afterLoadCheckpoint
    case afterBegin, afterChange, afterCommit, afterSpill
    case afterRewriteClaim, beforeDayWrite, afterDayWrite, afterDayAdditions, beforeDayRemoval, afterDayRemoval
    case beforeRewriteState, afterRewriteState
    case beforeEncode, afterEncode, afterFirstUpload, afterUpload, beforeCheckpoint, afterCheckpoint, afterStatus
    case beforeCompactionIntent, afterCompactionIntent, afterCompactionUpload, afterCompactionMark
    case afterCompactionRemoval, afterCompaction

    /// Ends the process if this is the place and the time.
    @inline(__always)
    func reached() {
        #if Failpoints
            Self.armed?.pass(self)
        #endif
    }

    #if Failpoints
        private static let armed = Armed(getenv("SLUICE_FAILPOINT").map { String(cString: $0) })

        private final class Armed: Sendable {
            private let point: Failpoint
            private let remaining: Atomic<Int>

            init?(_ text: String?) {
                let parts = (text ?? "").split(separator: ":")
                guard let name = parts.first else { return nil }
                // Only in builds for tests: one that runs on after a misspelt name would show nothing.
                guard let point = Failpoint(rawValue: String(name)), let count = parts.count == 2 ? Int(parts[1]) : 1
                else { fatalError("SLUICE_FAILPOINT names no failpoint: \(name)") }
                self.point = point
                remaining = Atomic(count)
            }

            func pass(_ point: Failpoint) {
                guard point == self.point, remaining.subtract(1, ordering: .relaxed).newValue == 0 else { return }
                kill(getpid(), SIGKILL)
                // The signal takes a moment; nothing may happen meanwhile.
                while true { pause() }
            }
        }
    #endif
}

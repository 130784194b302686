import Glibc
import Synchronization

/// Places between receiving a change and confirming it where a test can end the process as `kill -9` does.
///
/// Compiled in only with the package's trait `Failpoints`; the environment variable `SLUICE_FAILPOINT` then names one,
/// and which time it is reached: `afterUpload:3`. With `:stop` behind that the process only stops there, until it is
/// continued.
enum Failpoint: String, CaseIterable, Sendable {
    case afterPublication, afterSlot, afterTakeOver, afterOrphanRemoval, afterStart
    case beforeLoad, afterLoad, afterLoadCheckpoint
    case afterBegin, afterChange, afterCommit, afterSpill
    case afterRewriteClaim, beforeDayWrite, beforeDayPut, afterDayWrite, afterDayAdditions, beforeDayRemoval,
        afterDayRemoval
    case beforeRewriteState, afterRewriteState
    case beforeEncode, afterEncode, afterFirstUpload, afterUpload, beforeCheckpoint, afterCheckpoint, afterStatus
    case beforeCompactionIntent, afterCompactionIntent, afterCompactionUpload, afterCompactionMark
    case afterCompactionRemoval, afterCompaction

    /// Ends or stops the process if this is the place and the time.
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
            private let stops: Bool

            init?(_ text: String?) {
                let parts = (text ?? "").split(separator: ":")
                guard let name = parts.first else { return nil }
                // Only in builds for tests: one that runs on after a misspelt name would show nothing.
                guard let point = Failpoint(rawValue: String(name)), let count = parts.count > 1 ? Int(parts[1]) : 1
                else { fatalError("SLUICE_FAILPOINT names no failpoint: \(name)") }
                self.point = point
                stops = parts.count > 2 && parts[2] == "stop"
                remaining = Atomic(count)
            }

            func pass(_ point: Failpoint) {
                guard point == self.point, remaining.subtract(1, ordering: .relaxed).newValue == 0 else { return }
                if stops {
                    kill(getpid(), SIGSTOP)
                    return
                }
                kill(getpid(), SIGKILL)
                // The signal takes a moment; nothing may happen meanwhile.
                while true { pause() }
            }
        }
    #endif
}

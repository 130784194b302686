import Foundation
import Telemetry

extension RewriteReading {
    /// What is pending now, by this machine's clock.
    var figures: Instruments.PendingFigures {
        let age = pendingSince.map { max(0, Date.now.timeIntervalSince($0)) } ?? 0
        return Instruments.PendingFigures(files: pendingFileCount, bytes: pendingByteCount, age: .seconds(age))
    }
}

import Glibc
import ObjectStorage

/// The time for which a day that has lost its rows keeps an object without any.
///
/// As long as it is there, no process can write the day that has seen it without an object, was stopped, and has been replaced
/// since. Later none tries: ``WriteCondition/ifAbsentUntil(_:)`` sees to that.
enum EmptyDay {
    /// An hour: some minutes in which a day may be begun to be written and sent, and whatever clocks differ by.
    private static let defaultSeconds: Int64 = 3_600

    /// Whether an object without rows has been there for long enough, at a time in seconds since 1970.
    static func isOver(_ object: ObjectInfo, at time: Int64) -> Bool {
        // Of an object that was just written the store has not said yet when that was.
        object.modified > 0 && time - object.modified >= seconds
    }

    private static var seconds: Int64 {
        #if Failpoints
            if let text = getenv("SLUICE_EMPTY_DAY_SECONDS"), let seconds = Int64(String(cString: text)) {
                return seconds
            }
        #endif
        return defaultSeconds
    }
}

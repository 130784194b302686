import Glibc

/// What running something took: seconds, seconds of CPU of all threads, bytes of memory.
struct Measurement {
    private let wallSeconds: Double
    private let userSeconds: Double
    private let systemSeconds: Double
    /// What the process held in memory before.
    private let startByteCount: Int
    /// The most that it held meanwhile.
    private let peakByteCount: Int

    init(_ body: () throws -> Void) throws {
        // Makes what the process holds now the peak so far (proc(5), clear_refs).
        guard let file = fopen("/proc/self/clear_refs", "w") else { throw NoPeak() }
        fputs("5", file)
        fclose(file)
        startByteCount = try Self.memoryPeak()
        let before = Self.cpu()
        let start = ContinuousClock.now
        try body()
        wallSeconds = (ContinuousClock.now - start) / .seconds(1)
        let after = Self.cpu()
        userSeconds = after.user - before.user
        systemSeconds = after.system - before.system
        peakByteCount = try Self.memoryPeak()
    }

    private struct NoPeak: Error {}

    /// The members of a JSON object.
    var json: String {
        "\"wall\": \(wallSeconds), \"cpu\": \(userSeconds + systemSeconds), \"user\": \(userSeconds), "
            + "\"start\": \(startByteCount), \"peak\": \(peakByteCount)"
    }

    /// The CPU time of the process so far.
    ///
    /// The corresponding C function is `getrusage`.
    private static func cpu() -> (user: Double, system: Double) {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return (seconds(usage.ru_utime), seconds(usage.ru_stime))
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }

    /// The peak of memory: `VmHWM` of proc(5), which unlike that of `getrusage` can be set back.
    private static func memoryPeak() throws -> Int {
        guard let file = fopen("/proc/self/status", "r") else { throw NoPeak() }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                .split { $0 == " " || $0 == "\t" || $0 == "\n" }
            if words.first == "VmHWM:", let kibibytes = words.dropFirst().first.flatMap({ Int($0) }) {
                return kibibytes << 10
            }
        }
        throw NoPeak()
    }
}

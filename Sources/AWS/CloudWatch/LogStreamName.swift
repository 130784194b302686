/// The name of a log stream.
public enum LogStreamName {
    /// The longest name, in characters.
    static let limit = 512

    /// The name of a run's stream: `replicate/db-1/20261122T100000Z-4711`.
    ///
    /// - Parameters:
    ///   - command: What is run.
    ///   - host: The machine.
    ///   - start: When the run began.
    ///   - process: Its number, which tells runs of one second apart.
    /// - Returns: The name, in which what the service refuses is written as `_`.
    public static func name(command: String, host: String, start: Timestamp, process: Int32) -> String {
        let text = "\(command)/\(host.prefix(limit / 2))/\(start.compact)-\(process)"
        return String(text.unicodeScalars.map { isAllowed($0) ? Character($0) : "_" }.prefix(limit))
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        (0x21..<0x7f).contains(scalar.value) && scalar != ":" && scalar != "*"
    }
}

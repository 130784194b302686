import Logging

/// How a log line looks.
public enum LogFormat: String, CaseIterable, Sendable {
    /// `2026-11-22T10:00:00.123Z INFO message key=value`, for people.
    case text
    /// `{"time":…,"level":…,"message":…,"metadata":{…}}`, for machines.
    case json

    /// Renders one event as one line without its newline, with passwords hidden and control characters escaped.
    func line(
        at time: UTCTime,
        level: Logger.Level,
        message: String,
        metadata: Logger.Metadata
    ) -> String {
        switch self {
        case .text: textLine(time, level, message, metadata)
        case .json: jsonLine(time, level, message, metadata)
        }
    }

    // MARK: - Text

    private func textLine(
        _ time: UTCTime,
        _ level: Logger.Level,
        _ message: String,
        _ metadata: Logger.Metadata
    ) -> String {
        var line = "\(time) \(level.rawValue.uppercased()) "
        line += Escaping.printable(Redaction.redacted(message))
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += " \(Escaping.word(key))=\(Escaping.word(Redaction.redacted("\(value)")))"
        }
        return line
    }

    // MARK: - JSON

    private func jsonLine(
        _ time: UTCTime,
        _ level: Logger.Level,
        _ message: String,
        _ metadata: Logger.Metadata
    ) -> String {
        var line = "{\"time\":\"\(time)\",\"level\":\"\(level.rawValue.uppercased())\""
        line += ",\"message\":\(Escaping.json(Redaction.redacted(message)))"
        if !metadata.isEmpty { line += ",\"metadata\":\(json(.dictionary(metadata)))" }
        return line + "}"
    }

    private func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .array(let elements):
            return "[" + elements.map(json).joined(separator: ",") + "]"
        case .dictionary(let members):
            let texts = members.sorted { $0.key < $1.key }.map { "\(Escaping.json($0.key)):\(json($0.value))" }
            return "{" + texts.joined(separator: ",") + "}"
        case .string, .stringConvertible:
            return Escaping.json(Redaction.redacted("\(value)"))
        }
    }
}

import AWS
import Logging
import Telemetry
import Yams

/// Reads `monitoring`.
enum MonitoringSettings {
    static func read(_ section: SettingsSection<Settings.MonitoringKey>) -> MonitoringOptions {
        var options = MonitoringOptions()
        options.http = http(section)
        options.cloudWatch = cloudWatch(section)
        return options
    }

    // MARK: - HTTP

    private static let address = "a port, or an address like 127.0.0.1:9187, or false"

    /// An address, or a port alone, on which only this machine can reach it; `false` is as good as nothing.
    private static func http(_ section: SettingsSection<Settings.MonitoringKey>) -> ListenAddress? {
        guard let node = section.node(.http) else { return nil }
        let kind = SettingsDocument.kind(of: node)
        if let scalar = node.scalar, kind == .number || kind == .boolean {
            if scalar.string == "false" { return nil }
            if let port = port(scalar.string) { return ListenAddress(port: port) }
            section.document.refuse(node, at: section.path(.http), allowed: address)
            return nil
        }
        return section.text(.http, allowed: address) { text throws(SettingsRefusal) in
            if let port = port(text) { return ListenAddress(port: port) }
            guard let colon = text.lastIndex(of: ":"), let port = port(String(text[text.index(after: colon)...])),
                let host = host(text[..<colon])
            else { throw SettingsRefusal(allowed: address) }
            return ListenAddress(host: host, port: port)
        }
    }

    private static func port(_ text: String) -> UInt16? {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
        return isPlain ? UInt16(text).flatMap { $0 > 0 ? $0 : nil } : nil
    }

    /// A name or a number; one of IPv6 is in brackets.
    private static func host(_ text: Substring) -> String? {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
        let name = isBracketed ? text.dropFirst().dropLast() : text
        let isPlain = name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (97...122).contains(byte) || (65...90).contains(byte) || byte == 45
                || byte == 46 || isBracketed && (byte == 58 || byte == 37)
        }
        return isPlain && (1...253).contains(name.utf8.count) ? String(name) : nil
    }

    // MARK: - CloudWatch

    private static func cloudWatch(_ section: SettingsSection<Settings.MonitoringKey>) -> CloudWatchOptions? {
        guard let node = section.node(.cloudWatch) else { return nil }
        switch node.scalar?.string {
        case "false" where SettingsDocument.kind(of: node) == .boolean: return nil
        case "true" where SettingsDocument.kind(of: node) == .boolean: return CloudWatchOptions()
        default: break
        }
        return cloudWatch(section.section(.cloudWatch, keys: Settings.CloudWatchKey.self))
    }

    private static func cloudWatch(_ section: SettingsSection<Settings.CloudWatchKey>) -> CloudWatchOptions {
        var options = CloudWatchOptions()
        options.namespace =
            section.text(.namespace, allowed: namespace) { text throws(SettingsRefusal) in
                guard isNamespace(text) else { throw SettingsRefusal(allowed: namespace) }
                return text
            } ?? options.namespace
        options.logGroup =
            section.text(.logGroup, allowed: logGroup) { text throws(SettingsRefusal) in
                guard isLogGroup(text) else { throw SettingsRefusal(allowed: logGroup) }
                return text
            } ?? options.logGroup
        options.region = section.text(.region, allowed: "an AWS region like us-east-1", read: LakeURL.region)
        options.interval = section.duration(.interval, in: CloudWatchOptions.allowedInterval) ?? options.interval
        let level = section.choice(.logLevel, of: Logger.Level.allCases.map(\.rawValue))
        options.logLevel = level.flatMap { Logger.Level(rawValue: $0) } ?? options.logLevel
        return options
    }

    private static let namespace =
        "1 to 255 of letters, digits and . - _ / # :, not beginning with AWS/ or a colon"

    private static func isNamespace(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && !text.hasPrefix("AWS/") && !text.hasPrefix(":")
            && text.utf8.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: ":") }
    }

    private static let logGroup = "1 to 512 of letters, digits and . - _ / #"

    private static func isLogGroup(_ text: String) -> Bool {
        (1...512).contains(text.utf8.count) && text.utf8.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: ".-_/#".utf8.contains(byte)
        }
    }
}

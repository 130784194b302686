/// A request as the fault server received it.
public struct FaultRequest: Sendable {
    /// The method.
    public let method: String
    /// Path and query, byte for byte.
    public let target: String
    /// Header names, in lower case, and values.
    public let headers: [(name: String, value: String)]
    /// The body.
    public internal(set) var body: [UInt8] = []

    /// The first value of a header.
    public subscript(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    init(head: String) {
        let lines = head.split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        method = words.first.map(String.init) ?? ""
        target = words.dropFirst().first.map(String.init) ?? ""
        headers = lines.dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (line[..<colon].lowercased(), String(value))
        }
    }
}

/// What the fault server does with a connection after a request.
public struct FaultReply: Sendable {
    /// One thing to do.
    public enum Step: Sendable {
        /// Send bytes.
        case send([UInt8])
        /// Do nothing for a while.
        case wait(milliseconds: Int)
        /// Close the connection in the usual way.
        case close
        /// Close it as a crashed machine would.
        case reset
    }

    /// What is done, in order.
    public let steps: [Step]

    /// Makes a reply of steps.
    public init(_ steps: Step...) {
        self.steps = steps
    }

    private init(steps: [Step]) {
        self.steps = steps
    }

    /// A proper response.
    public static func status(_ status: Int, _ headers: [String: String] = [:], _ body: String = "") -> FaultReply {
        FaultReply(steps: [.send(bytes(status, headers, body))])
    }

    /// A proper response to a `HEAD`: the length, and no body.
    public static func head(_ status: Int, _ headers: [String: String] = [:]) -> FaultReply {
        let lines = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
        let length = headers.keys.contains { $0.lowercased() == "content-length" } ? "" : "Content-Length: 0\r\n"
        return FaultReply(steps: [.send(Array("HTTP/1.1 \(status) Status\r\n\(lines)\(length)\r\n".utf8))])
    }

    /// An error as S3 sends it.
    public static func s3Error(_ status: Int, _ code: String, _ headers: [String: String] = [:], _ more: String = "")
        -> FaultReply
    {
        let xml =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>\(code)</Code>"
            + "<Message>scripted</Message>\(more)<RequestId>REQ1</RequestId></Error>"
        return self.status(status, headers.merging(["Content-Type": "application/xml"]) { $1 }, xml)
    }

    /// A response that announces more than is sent before the connection is reset.
    public static func resetInBody(_ part: String, status: Int = 200) -> FaultReply {
        let head = "HTTP/1.1 \(status) Status\r\nContent-Length: \(part.utf8.count + 1000)\r\n\r\n"
        return FaultReply(.send(Array((head + part).utf8)), .wait(milliseconds: 20), .reset)
    }

    private static func bytes(_ status: Int, _ headers: [String: String], _ body: String) -> [UInt8] {
        let lines = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
        // A 204 and a 304 have no body and no length.
        let length = status == 204 || status == 304 ? "" : "Content-Length: \(body.utf8.count)\r\n"
        return Array("HTTP/1.1 \(status) Status\r\n\(lines)\(length)\r\n\(body)".utf8)
    }
}

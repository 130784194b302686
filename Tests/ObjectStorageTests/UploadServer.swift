import Synchronization
import TestSupport

/// A server that takes multipart uploads and copies, except where a test has it do something else.
final class UploadServer: Sendable {
    private let sizes = Mutex<[String: Int]>([:])
    private let mark = Mutex("")
    private let replaced = Mutex<[@Sendable (FaultRequest, UploadServer) -> FaultReply?]>([])

    /// What S3 says of a copied part.
    static let copyResult =
        "<CopyPartResult><ETag>&quot;copied&quot;</ETag><ChecksumCRC32C>yZRlqg==</ChecksumCRC32C></CopyPartResult>"

    /// Answers instead of the server when it returns something.
    func intercept(_ reply: @escaping @Sendable (FaultRequest, UploadServer) -> FaultReply?) {
        replaced.withLock { $0.append(reply) }
    }

    func start() throws -> FaultServer {
        try FaultServer { [self] request, _ in
            if let mark = request["x-amz-meta-sluice-write"] { self.mark.withLock { $0 = mark } }
            let interceptors = replaced.withLock { $0 }
            for interceptor in interceptors { if let reply = interceptor(request, self) { return reply } }
            return usual(request)
        }
    }

    /// The same, the first so many times that a request is one of those meant.
    func intercept(
        first count: Int,
        _ isMeant: @escaping @Sendable (FaultRequest) -> Bool,
        _ reply: FaultReply
    ) {
        let left = Mutex(count)
        intercept { request, _ in
            guard isMeant(request) else { return nil }
            let isIntercepted = left.withLock { left in
                left -= 1
                return left >= 0
            }
            return isIntercepted ? reply : nil
        }
    }

    func usual(_ request: FaultRequest) -> FaultReply {
        switch request.method {
        case "POST" where request.target.hasSuffix("?uploads="):
            return .status(
                200,
                [:],
                "<InitiateMultipartUploadResult><UploadId>u/1</UploadId></InitiateMultipartUploadResult>"
            )
        case "PUT" where request["x-amz-copy-source"] != nil:
            return .status(200, [:], Self.copyResult)
        case "GET":
            let bounds = (request["range"] ?? "").drop { !$0.isNumber }.split(separator: "-").compactMap { Int($0) }
            guard bounds.count == 2 else { return .s3Error(400, "InvalidRequest") }
            return .status(206, [:], String(repeating: "o", count: bounds[1] - bounds[0] + 1))
        case "PUT":
            sizes.withLock { $0[request.target] = request.body.count }
            return .status(200, ["ETag": "\"part\""])
        case "POST":
            return .status(
                200,
                [:],
                "  <CompleteMultipartUploadResult><ETag>\"whole-3\"</ETag></CompleteMultipartUploadResult>"
            )
        case "HEAD":
            return .head(200, ["x-amz-meta-sluice-write": mark.withLock { $0 }, "ETag": "\"landed\""])
        default:
            return .status(204)
        }
    }

    var partSizes: [Int] { sizes.withLock { $0.sorted { $0.key < $1.key }.map(\.value) } }
}

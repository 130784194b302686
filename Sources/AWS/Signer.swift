import Bytes
import Cryptography
public import HTTP

/// Signs requests with AWS Signature Version 4, in the `Authorization` header.
///
///     string to sign = "AWS4-HMAC-SHA256" \n date \n scope \n hex(SHA-256(canonical request))
///     scope          = YYYYMMDD/region/service/aws4_request
public struct Signer: Sendable {
    /// The hash that stands for a body that is not signed; S3 over TLS only.
    public static let unsignedPayload = "UNSIGNED-PAYLOAD"

    private let credentials: Credentials
    private let region: String
    private let service: String

    /// Makes a signer for one service in one region.
    public init(credentials: Credentials, region: String, service: String) {
        self.credentials = credentials
        self.region = region
        self.service = service
    }

    /// Signs a request in its headers.
    ///
    /// - Parameters:
    ///   - method: The HTTP method.
    ///   - target: Path and query, sent exactly as they are signed.
    ///   - headers: Must contain `Host` as it will be sent.
    ///   - payloadHash: The body's SHA-256 in hexadecimal, or `unsignedPayload`.
    ///   - moment: The time of signing; a server accepts five to fifteen minutes of difference.
    /// - Returns: The headers with `x-amz-date`, the session token if there is one, and `Authorization`.
    /// - Throws: `cryptography` when libcrypto fails.
    public func sign(
        method: String,
        target: RequestTarget,
        headers: HTTPHeaders,
        payloadHash: String,
        at moment: Timestamp
    ) throws(AWSError) -> HTTPHeaders {
        var headers = headers
        headers.set("x-amz-date", moment.compact)
        if let token = credentials.sessionToken { headers.set("x-amz-security-token", token.exposed) }
        let request = CanonicalRequest(method: method, target: target, headers: headers, payloadHash: payloadHash)
        let signature = try signature(of: request, at: moment)
        headers.set(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope(at: moment)), "
                + "SignedHeaders=\(request.signedHeaders), Signature=\(signature)"
        )
        return headers
    }

    /// The signature of a canonical request, in hexadecimal.
    func signature(of request: CanonicalRequest, at moment: Timestamp) throws(AWSError) -> String {
        let key = try signingKey(date: String(moment.compact.prefix(8)))
        do throws(CryptographyError) {
            let digest = Hexadecimal.string(try SHA256.digest(Array(request.text.utf8)))
            let text = "AWS4-HMAC-SHA256\n\(moment.compact)\n\(scope(at: moment))\n\(digest)"
            return Hexadecimal.string(try MessageAuthentication.code(key: key, message: Array(text.utf8)))
        } catch {
            throw AWSError(error)
        }
    }

    /// The key for a day: HMAC over day, region, service and `aws4_request`, each keyed by the one before.
    func signingKey(date: String) throws(AWSError) -> [UInt8] {
        var key = Array("AWS4\(credentials.secretAccessKey.exposed)".utf8)
        do throws(CryptographyError) {
            for part in [date, region, service, "aws4_request"] {
                key = try MessageAuthentication.code(key: key, message: Array(part.utf8))
            }
        } catch {
            throw AWSError(error)
        }
        return key
    }

    private func scope(at moment: Timestamp) -> String {
        "\(moment.compact.prefix(8))/\(region)/\(service)/aws4_request"
    }
}

import Bytes
import Cryptography
import HTTP
import Testing

@testable import AWS

/// One request of a published or recomputed series, with what it must sign to.
struct SigningVector: Sendable, CustomTestStringConvertible {
    let name: String
    var method = "GET"
    let path: String
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var payloadHash = SHA256.emptyHexadecimal
    /// Whether the hash is also sent, as S3 wants it.
    var sendsHash = false
    var token: String?
    let canonicalHash: String
    let signature: String

    var testDescription: String { name }

    /// Signs the request and compares the hash of its canonical form and its signature.
    func check(_ scope: SigningScope) throws {
        var headers = HTTPHeaders()
        headers.add("Host", scope.host)
        for header in self.headers { headers.add(header.name, header.value) }
        if sendsHash { headers.add("x-amz-content-sha256", payloadHash) }
        let credentials = Credentials(
            accessKeyID: scope.accessKeyID,
            secretAccessKey: Secret(scope.secret),
            sessionToken: token.map(Secret.init),
            source: "test"
        )
        let signer = Signer(credentials: credentials, region: "us-east-1", service: scope.service)
        let moment = try #require(Timestamp(httpDate: scope.date))
        let target = RequestTarget(path: path, query: query)
        let signed = try signer.sign(
            method: method,
            target: target,
            headers: headers,
            payloadHash: payloadHash,
            at: moment
        )
        let canonical = CanonicalRequest(method: method, target: target, headers: signed, payloadHash: payloadHash)
        #expect(Hexadecimal.string(try SHA256.digest(Array(canonical.text.utf8))) == canonicalHash, "\(canonical.text)")
        let authorization = try #require(signed["authorization"])
        #expect(authorization.hasSuffix("Signature=\(signature)"))
        #expect(authorization.contains("Credential=\(scope.accessKeyID)/\(moment.compact.prefix(8))/us-east-1/"))
    }
}

/// What the vectors of a series have in common.
struct SigningScope {
    let accessKeyID: String
    let secret: String
    var service: String
    let date: String
    var host: String

    /// Of AWS's own signing suite.
    static let suite = SigningScope(
        accessKeyID: "AKIDEXAMPLE",
        secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        service: "service",
        date: "Sun, 30 Aug 2015 12:36:00 GMT",
        host: "example.amazonaws.com"
    )
    /// Of the examples in the S3 documentation.
    static let documentation = SigningScope(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE",
        secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        service: "s3",
        date: "Fri, 24 May 2013 00:00:00 GMT",
        host: "examplebucket.s3.amazonaws.com"
    )

    func key(date: String, service: String) throws -> String {
        let credentials = Credentials(accessKeyID: accessKeyID, secretAccessKey: Secret(secret), source: "test")
        let signer = Signer(credentials: credentials, region: "us-east-1", service: service)
        return Hexadecimal.string(try signer.signingKey(date: date))
    }
}

@Suite("SigV4 signer")
struct SignerTests {
    @Test("signs the requests of the AWS signing suite", arguments: SigningVector.suite)
    func suite(vector: SigningVector) throws {
        try vector.check(.suite)
    }

    @Test("signs the examples of the S3 documentation", arguments: SigningVector.documentation)
    func documentation(vector: SigningVector) throws {
        try vector.check(.documentation)
    }

    @Test("signs the requests that we send as botocore does", arguments: SigningVector.ours)
    func ours(vector: SigningVector) throws {
        var scope = SigningScope.documentation
        scope.host = "examplebucket.s3.us-east-1.amazonaws.com"
        try vector.check(scope)
    }

    @Test("signs for a service that does not want the hash sent")
    func glue() throws {
        var scope = SigningScope.documentation
        scope.host = "glue.us-east-1.amazonaws.com"
        scope.service = "glue"
        try SigningVector.glue.check(scope)
    }

    @Test("computes the documentation's presigned signature from its canonical form")
    func presigned() throws {
        let scope = SigningScope.documentation
        let target = RequestTarget(
            path: "/test.txt",
            query: [
                ("X-Amz-SignedHeaders", "host"), ("X-Amz-Expires", "86400"), ("X-Amz-Date", "20130524T000000Z"),
                ("X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"),
                ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
            ]
        )
        let request = CanonicalRequest(
            method: "GET",
            target: target,
            headers: HTTPHeaders(["Host": scope.host]),
            payloadHash: Signer.unsignedPayload
        )
        let hash = Hexadecimal.string(try SHA256.digest(Array(request.text.utf8)))
        #expect(hash == "3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04")
        let credentials = Credentials(
            accessKeyID: scope.accessKeyID,
            secretAccessKey: Secret(scope.secret),
            source: "test"
        )
        let signer = Signer(credentials: credentials, region: "us-east-1", service: "s3")
        let moment = try #require(Timestamp(httpDate: scope.date))
        let signature = try signer.signature(of: request, at: moment)
        #expect(signature == "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
    }

    @Test("derives the published signing keys")
    func keyDerivation() throws {
        let suite = SigningScope.suite
        #expect(
            try suite.key(date: "20150830", service: "service")
                == "938127b5336810ddb6a5d6af445fcac9e371f9ed418ed386b022aed82901be75"
        )
        #expect(
            try suite.key(date: "20150830", service: "iam")
                == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
        )
        #expect(
            try suite.key(date: "20120215", service: "iam")
                == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"
        )
        #expect(
            try SigningScope.documentation.key(date: "20130524", service: "s3")
                == "dbb893acc010964918f1fd433add87c70e8b0db6be30c1fbeafefa5ec6ba8378"
        )
    }

    @Test("never signs what libcurl or a proxy may change")
    func unsignedHeaders() {
        let headers = HTTPHeaders([
            "Host": "h", "User-Agent": "u", "Expect": "100-continue", "Connection": "close", "X-Amzn-Trace-Id": "t",
        ])
        let request = CanonicalRequest(
            method: "GET",
            target: RequestTarget(path: "/"),
            headers: headers,
            payloadHash: Signer.unsignedPayload
        )
        #expect(request.signedHeaders == "host")
    }
}

import HTTP
import Testing

@testable import AWS

@Suite("Damaged documents")
struct DamagedAnswerTests {
    /// The document cut short at every byte, and with every byte replaced by each of a few that mean something.
    private func damaged(_ text: String) -> [[UInt8]] {
        let bytes = Array(text.utf8)
        let cut = bytes.indices.map { Array(bytes[..<$0]) }
        let replaced = bytes.indices.flatMap { index in
            [0, 10, 34, 44, 60, 91, 92, 123, 0x80, 0xFF].map { (value: UInt8) in
                var copy = bytes
                copy[index] = value
                return copy
            }
        }
        return cut + replaced
    }

    private func response(_ body: [UInt8]) -> HTTPResponse {
        HTTPResponse(status: 400, headers: HTTPHeaders(), body: body)
    }

    @Test("none traps, and none that is refused shows what it holds")
    func documents() {
        for body in damaged(CredentialsSetup.document()) {
            do throws(AWSError) {
                let found = try CredentialsDocument.credentials(
                    in: response(body),
                    subject: "the answer",
                    source: "test",
                    now: CredentialsSetup.noon
                )
                #expect(throws: Never.self) { try found.checked() }
            } catch {
                #expect(!"\(error)".contains(CredentialsSetup.canary))
            }
            _ = ServiceFailure(json: response(body))
        }
    }

    @Test("refusals in XML and JSON are read as far as they can be")
    func refusals() {
        let xml = "<ErrorResponse><Error><Code>Denied</Code><Message>no &amp; no</Message></Error></ErrorResponse>"
        for body in damaged(xml) { _ = ServiceFailure(xml: response(body)) }
        let json = "{\"__type\": \"a.b#Denied:http://x\", \"message\": \"no\", \"error\": \"e\"}"
        #expect(ServiceFailure(json: response(Array(json.utf8))).code == "Denied")
        for body in damaged(json) { _ = ServiceFailure(json: response(body)) }
    }

    @Test("files, command lines and dates are read as far as they can be")
    func texts() {
        for body in damaged("[profile p]\na = b\ns3 =\n  c = d\n[sso-session x]\n# e\n") {
            _ = INIFile(String(decoding: body, as: UTF8.self))
        }
        for body in damaged("a 'b c' \"d\\\"e\" f\\ g") {
            _ = try? CommandWords.split(String(decoding: body, as: UTF8.self))
        }
        for body in damaged("2026-01-01T12:00:00.123+01:00") {
            _ = Timestamp(iso8601: String(decoding: body, as: UTF8.self))
        }
        for body in damaged("http://127.0.0.1:80/x?y=z#f") {
            let url = String(decoding: body, as: UTF8.self)
            let endpoint = try? ContainerEndpoint(environment: Environment(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]))
            #expect(endpoint?.url.hasPrefix("http://127.") ?? true)
        }
    }
}

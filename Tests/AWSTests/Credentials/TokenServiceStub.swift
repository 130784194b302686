import TestSupport

@testable import AWS

/// Answers of the security token service.
enum TokenServiceStub {
    /// A success of `AssumeRole` or `AssumeRoleWithWebIdentity`.
    static func role(
        _ action: String = "AssumeRole",
        id: String = "ASIA1",
        token: String = CredentialsSetup.canary,
        expiration: String = "2026-01-01T13:00:00Z"
    ) -> FaultReply {
        .status(
            200,
            [:],
            """
            <\(action)Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><\(action)Result><Credentials>
            <AccessKeyId>\(id)</AccessKeyId><SecretAccessKey>\(CredentialsSetup.canary)</SecretAccessKey>
            <SessionToken>\(token)</SessionToken><Expiration>\(expiration)</Expiration>
            </Credentials></\(action)Result></\(action)Response>
            """
        )
    }

    /// A refusal.
    static func refusal(_ status: Int, _ code: String, _ message: String = "scripted") -> FaultReply {
        .status(
            status,
            [:],
            "<ErrorResponse><Error><Type>Sender</Type><Code>\(code)</Code><Message>\(message)</Message></Error>"
                + "<RequestId>REQ1</RequestId></ErrorResponse>"
        )
    }

    /// The names and values of a form.
    static func form(_ request: FaultRequest) -> [String: String] {
        let pairs = String(decoding: request.body, as: UTF8.self).split(separator: "&").compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1).map { PercentEncoding.decode(String($0)) ?? "" }
            return parts.count == 2 ? (parts[0], parts[1]) : nil
        }
        return Dictionary(pairs) { $1 }
    }
}

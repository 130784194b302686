import Bytes
import Cryptography
import FoundationEssentials

/// The token of a login with `aws sso login`, as the AWS tools keep it in a file.
///
/// The file is `~/.aws/sso/cache/<SHA-1 of the session's name, or of the start URL>.json`.
struct SingleSignOnToken: Decodable, Sendable {
    let accessToken: Secret
    let expiresAt: String
    let startURL: String?
    let region: String?
    let refreshToken: Secret?
    let clientID: String?
    let clientSecret: Secret?
    let registrationExpiresAt: String?

    enum CodingKeys: String, CodingKey {
        case accessToken, expiresAt, region, refreshToken, clientSecret, registrationExpiresAt
        case startURL = "startUrl"
        case clientID = "clientId"
    }

    /// Where the token of a login is kept.
    static func path(_ profile: SingleSignOnProfile, _ environment: Environment) throws(AWSError) -> String {
        do throws(CryptographyError) {
            let digest = try SHA1.digest(Array(profile.cacheKey.utf8))
            return SharedFiles.path("sso/cache/\(Hexadecimal.string(digest)).json", environment)
        } catch {
            throw AWSError(error)
        }
    }

    /// When it ends; the distant past if the file does not say it in a way that can be read.
    var expiration: Timestamp { Timestamp(iso8601: expiresAt) ?? Timestamp(seconds: 0) }

    /// What it takes to get another token without a person; nil if there is not all of it.
    func renewal(at now: Timestamp) -> (clientID: String, clientSecret: Secret, refreshToken: Secret)? {
        guard let clientID, let clientSecret, let refreshToken else { return nil }
        let end = registrationExpiresAt.flatMap(Timestamp.init(iso8601:))
        guard (end?.seconds ?? 0) > now.seconds else { return nil }
        return (clientID, clientSecret, refreshToken)
    }

    /// The same login with another token.
    func renewed(accessToken: Secret, expiration: Timestamp, refreshToken: Secret?) -> SingleSignOnToken {
        SingleSignOnToken(
            accessToken: accessToken,
            expiresAt: expiration.extended,
            startURL: startURL,
            region: region,
            refreshToken: refreshToken ?? self.refreshToken,
            clientID: clientID,
            clientSecret: clientSecret,
            registrationExpiresAt: registrationExpiresAt
        )
    }

    /// The file's content; nil if it cannot be written as JSON.
    var document: [UInt8]? {
        let members: [CodingKeys: String?] = [
            .accessToken: accessToken.exposed, .expiresAt: expiresAt, .startURL: startURL, .region: region,
            .refreshToken: refreshToken?.exposed, .clientID: clientID, .clientSecret: clientSecret?.exposed,
            .registrationExpiresAt: registrationExpiresAt,
        ]
        let present = members.compactMapValues { $0 }.map { ($0.key.stringValue, $0.value) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(Dictionary(uniqueKeysWithValues: present))).map { Array($0) }
    }
}

/// A program that prints credentials.
///
///     {"Version": 1, "AccessKeyId": "…", "SecretAccessKey": "…", "SessionToken": "…", "Expiration": "…"}
struct CredentialProcess: Sendable {
    /// A program that has not printed them by then asks a person something.
    static let timeLimit = Duration.seconds(60)

    /// Program and arguments; an argument may be a secret.
    let words: [Secret]
    let profile: String

    private struct Document: Decodable {
        let version: Int
        let accessKeyID: String
        let secretAccessKey: Secret
        let sessionToken: Secret?
        let expiration: String?

        enum CodingKeys: String, CodingKey {
            case version = "Version"
            case accessKeyID = "AccessKeyId"
            case secretAccessKey = "SecretAccessKey"
            case sessionToken = "SessionToken"
            case expiration = "Expiration"
        }
    }

    /// The program, which may be shown.
    private var program: String { words.first?.exposed ?? "" }

    /// Runs the program and reads what it prints; without an expiration the credentials are kept for good.
    func credentials(now: Timestamp, timeLimit: Duration = Self.timeLimit) async throws(AWSError) -> Credentials {
        let outcome: ChildProcess.Outcome
        do throws(AWSError) {
            outcome = try await ChildProcess(words: words, timeLimit: timeLimit).run()
        } catch {
            throw failed(error.detail, isTransient: error.isTransient)
        }
        guard outcome.status == 0 else {
            let text = String(decoding: outcome.errorOutput.prefix(300), as: UTF8.self)
            let printed = TextFile.withoutFinalBreaks(text)
            let shown = ServiceFailure.printable(Secret.removing(Array(words.dropFirst()), from: printed), limit: 300)
            throw failed("ended with status \(outcome.status)" + (shown.isEmpty ? "" : ": \(shown)"))
        }
        let subject = "the output of credential_process (\(program)) of profile \(profile)"
        let document = try JSONAnswer.read(outcome.output, as: Document.self, subject)
        guard document.version == 1 else {
            throw AWSError(.credentialsFailed, detail: "\(subject) has another Version than 1")
        }
        var expiration: Timestamp?
        if let text = document.expiration { expiration = try ServerClock(now: now).expiration(text, subject) }
        return try Credentials(
            accessKeyID: document.accessKeyID,
            secretAccessKey: document.secretAccessKey,
            sessionToken: document.sessionToken,
            expiration: expiration,
            source: "credential_process of profile \(profile)"
        ).checked()
    }

    private func failed(_ reason: String, isTransient: Bool = false) -> AWSError {
        AWSError(
            .credentialsFailed,
            detail: "credential_process (\(program)) of profile \(profile) \(reason)",
            remedy: "Run the command by hand, as the user of this service",
            isTransient: isTransient
        )
    }
}

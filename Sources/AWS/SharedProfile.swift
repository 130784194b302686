/// One profile of the shared configuration and credentials files, as the AWS command line has them.
public struct SharedProfile: Sendable {
    /// The profile's name.
    public let name: String
    /// The files that were read, with the reason where one could not be.
    let attempts: [String]

    private let credentialsFile: [String: String]?
    private let configFile: [String: String]?
    private let services: [String: String]?
    private let credentialsPath: String
    private let configPath: String

    /// Reads the files that `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE` name, or those in `~/.aws`, and takes
    /// the profile named here, by `AWS_PROFILE`, or `default`.
    ///
    /// A file that is absent has no profiles; nothing is thrown.
    public init(name: String? = nil, environment: Environment) {
        self.name = name ?? environment["AWS_PROFILE"] ?? "default"
        credentialsPath = environment["AWS_SHARED_CREDENTIALS_FILE"] ?? Self.path("credentials", environment)
        configPath = environment["AWS_CONFIG_FILE"] ?? Self.path("config", environment)
        var attempts: [String] = []
        let credentials = Self.read(credentialsPath, self.name, &attempts, sections: [self.name])
        let config = Self.read(
            configPath,
            self.name,
            &attempts,
            sections: self.name == "default" ? ["default", "profile default"] : ["profile \(self.name)"]
        )
        self.attempts = attempts
        credentialsFile = credentials.section
        configFile = config.section
        services = config.section?["services"].flatMap { config.file?.sections["services \($0)"] }
    }

    /// The region of the profile.
    public var region: String? { value("region") }

    /// The endpoint that the profile sets for a service (`s3`, `glue`, …), or for all.
    public func endpoint(service: String) -> String? {
        services?["\(service).endpoint_url"] ?? value("endpoint_url")
    }

    /// The keys in the files: those of the credentials file win.
    func credentials() -> Credentials? {
        credentials(in: credentialsFile, path: credentialsPath) ?? credentials(in: configFile, path: configPath)
    }

    private func credentials(in section: [String: String]?, path: String) -> Credentials? {
        guard let section, let id = section["aws_access_key_id"], !id.isEmpty,
            let secret = section["aws_secret_access_key"], !secret.isEmpty
        else { return nil }
        let token = section["aws_session_token"].flatMap { $0.isEmpty ? nil : Secret($0) }
        return Credentials(
            accessKeyID: id,
            secretAccessKey: Secret(secret),
            sessionToken: token,
            source: "profile \(name) of \(path)"
        )
    }

    private func value(_ key: String) -> String? {
        let found = credentialsFile?[key] ?? configFile?[key]
        return found?.isEmpty == true ? nil : found
    }

    private static func path(_ file: String, _ environment: Environment) -> String {
        "\(environment["HOME"] ?? "")/.aws/\(file)"
    }

    private static func read(
        _ path: String,
        _ profile: String,
        _ attempts: inout [String],
        sections: [String]
    ) -> (file: INIFile?, section: [String: String]?) {
        let (text, reason) = TextFile.read(path)
        guard let text else {
            attempts.append("\(path): \(reason)")
            return (nil, nil)
        }
        let file = INIFile(text)
        let section = sections.lazy.compactMap { file.sections[$0] }.first
        attempts.append(section == nil ? "\(path): no profile \(profile)" : "\(path): no keys in profile \(profile)")
        return (file, section)
    }
}

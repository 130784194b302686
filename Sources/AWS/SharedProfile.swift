/// One profile of the shared configuration and credentials files, as the AWS command line has them.
public struct SharedProfile: Sendable {
    /// The profile's name.
    public let name: String

    private let files: SharedFiles
    private let credentialsFile: [String: String]?
    private let configFile: [String: String]?

    /// Reads the files that `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE` name, or those in `~/.aws`, and takes
    /// the profile named here, by `AWS_PROFILE`, or `default`.
    ///
    /// A file that is absent has no profiles; nothing is thrown.
    public init(name: String? = nil, environment: Environment) {
        self.init(name: Self.name(name, environment), files: SharedFiles(environment: environment))
    }

    init(name: String, files: SharedFiles) {
        self.name = name
        self.files = files
        credentialsFile = files.credentials?.sections[name]
        let sections = name == "default" ? ["default", "profile default"] : ["profile \(name)"]
        configFile = sections.lazy.compactMap { files.config?.sections[$0] }.first
    }

    /// The name that is given, that of `AWS_PROFILE`, or `default`.
    static func name(_ given: String?, _ environment: Environment) -> String {
        given ?? environment["AWS_PROFILE"] ?? "default"
    }

    /// Whether either file has it.
    var exists: Bool { credentialsFile != nil || configFile != nil }

    /// The region of the profile.
    public var region: String? { self["region"] }

    /// The endpoint that the profile sets for a service (`s3`, `glue`, …), or for all.
    public func endpoint(service: String) -> String? {
        let services = self["services"].flatMap { files.config?.sections["services \($0)"] }
        return services?["\(service).endpoint_url"] ?? self["endpoint_url"]
    }

    /// The value of a key, nested ones as `s3.addressing_style`; that of the credentials file wins.
    subscript(_ key: String) -> String? {
        let found = credentialsFile?[key] ?? configFile?[key]
        return found?.isEmpty == true ? nil : found
    }

    /// What each file has to do with the profile, for an error that finds no credentials.
    var attempts: [String] {
        [
            files.state(of: files.credentialsPath, profile: name, isPresent: credentialsFile != nil),
            files.state(of: files.configPath, profile: name, isPresent: configFile != nil),
        ]
    }

    // MARK: - Keys

    /// The keys of the credentials file; nil if the profile has none there.
    func keysOfCredentialsFile() throws(AWSError) -> Credentials? {
        try keys(in: credentialsFile, path: files.credentialsPath)
    }

    /// The keys of the configuration file; nil if the profile has none there.
    func keysOfConfigFile() throws(AWSError) -> Credentials? {
        try keys(in: configFile, path: files.configPath)
    }

    private func keys(in section: [String: String]?, path: String) throws(AWSError) -> Credentials? {
        guard let section, let id = section["aws_access_key_id"], !id.isEmpty else { return nil }
        guard let secret = section["aws_secret_access_key"], !secret.isEmpty else {
            throw AWSError(
                .credentialsFailed,
                detail: "\(path): profile \(name) has aws_access_key_id but no aws_secret_access_key"
            )
        }
        let token = section["aws_session_token"].flatMap { $0.isEmpty ? nil : Secret($0) }
        return Credentials(
            accessKeyID: id,
            secretAccessKey: Secret(secret),
            sessionToken: token,
            source: "profile \(name) of \(path)"
        )
    }
}

extension SharedProfile: CustomStringConvertible, CustomReflectable {
    /// The name; what stands in the profile may be secret.
    public var description: String { "profile \(name)" }

    /// A mirror without children: `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The shared configuration and credentials files of the AWS tools, read once.
///
/// `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE` name them; otherwise they are in `~/.aws`. A file that is absent
/// has no profiles.
struct SharedFiles: Sendable {
    let credentialsPath: String
    let configPath: String
    let credentials: INIFile?
    let config: INIFile?
    /// Why a file could not be read, by its path.
    private let reasons: [String: String]

    init(environment: Environment) {
        credentialsPath = Self.file("AWS_SHARED_CREDENTIALS_FILE", or: "credentials", environment)
        configPath = Self.file("AWS_CONFIG_FILE", or: "config", environment)
        let credentials = TextFile.read(credentialsPath)
        let config = TextFile.read(configPath)
        self.credentials = credentials.text.map(INIFile.init)
        self.config = config.text.map(INIFile.init)
        reasons = [credentialsPath: credentials.reason, configPath: config.reason]
    }

    /// The profile of this name, which may not exist.
    func profile(_ name: String) -> SharedProfile {
        SharedProfile(name: name, files: self)
    }

    /// What a file has to do with a profile: why it could not be read, or whether it has the profile.
    func state(of path: String, profile: String, isPresent: Bool) -> String {
        if let reason = reasons[path], !reason.isEmpty { return "\(path): \(reason)" }
        return isPresent ? "\(path): no keys in profile \(profile)" : "\(path): no profile \(profile)"
    }

    /// The file that a variable names, where a first `~` stands for the home folder, or one below `~/.aws`.
    private static func file(_ variable: String, or name: String, _ environment: Environment) -> String {
        guard let path = environment[variable] else { return Self.path(name, environment) }
        return path.hasPrefix("~/") ? (environment["HOME"] ?? "") + path.dropFirst() : path
    }

    /// A file below `~/.aws`.
    static func path(_ file: String, _ environment: Environment) -> String {
        "\(environment["HOME"] ?? "")/.aws/\(file)"
    }
}

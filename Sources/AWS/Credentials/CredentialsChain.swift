import HTTP

/// Looks for credentials in one place after the other, as the AWS tools do.
///
/// 1. The environment's keys, unless a profile is named to us.
/// 2. The profile's role, taken with other credentials.
/// 3. A web identity: that of the environment, unless a profile is named to us, or the profile's.
/// 4. The profile's login, its keys in the credentials file, its program, its keys in the configuration file.
/// 5. The endpoint of the container.
/// 6. The metadata service of the machine.
///
/// A place that is set up and does not serve ends the search: going on could find another identity than the one meant.
struct CredentialsChain: Sendable {
    let environment: Environment
    /// The profile named to us; nil for that of `AWS_PROFILE`.
    let profile: String?
    let loader: CredentialsLoader

    /// Looks once; the files are read anew.
    func find() async throws(AWSError) -> Credentials {
        var passed: [String] = []
        do throws(AWSError) {
            if profile == nil, let found = try note(try loader.fromEnvironment(), &passed) { return found }
            if let plan = try plan(&passed) { return try await loader.load(plan) }
            if let found = try note(try await loader.fromContainer(), &passed) { return found }
        } catch {
            throw Self.adding(passed, to: error)
        }
        let instance: CredentialsSearch
        do throws(AWSError) {
            instance = try await loader.fromInstance()
        } catch {
            throw Self.adding(passed, to: error)
        }
        switch instance {
        case .found(let credentials): return credentials
        case .absent(let reason, let isTransient):
            passed.append(reason)
            throw AWSError(
                .noCredentials,
                detail: "no AWS credentials found; tried " + passed.joined(separator: "; "),
                isTransient: isTransient
            )
        }
    }

    /// What the profile and the web identity come to; nil if neither is set up.
    private func plan(_ passed: inout [String]) throws(AWSError) -> CredentialsPlan? {
        let files = SharedFiles(environment: environment)
        let name = SharedProfile.name(profile, environment)
        let shared = files.profile(name)
        let planner = ProfilePlanner(files: files, now: loader.now())
        if let role = try planner.role(name) { return role }
        if profile == nil {
            if let role = try loader.webIdentityOfEnvironment() { return .webIdentity(role) }
            passed.append("web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set")
        }
        if let own = try planner.own(name) { return own }
        passed += shared.attempts
        // With a name that exists nowhere, whatever else is found is not what was meant.
        guard shared.exists || (profile ?? environment["AWS_PROFILE"]) == nil else {
            throw AWSError(
                .noCredentials,
                detail: "no AWS credentials found; there is no profile \(name)",
                remedy: "Correct the profile's name, or add it with aws configure --profile \(name)"
            )
        }
        return nil
    }

    private func note(_ search: CredentialsSearch, _ passed: inout [String]) throws(AWSError) -> Credentials? {
        switch search {
        case .found(let credentials): return credentials
        case .absent(let reason, _):
            passed.append(reason)
            return nil
        }
    }

    private static func adding(_ passed: [String], to error: AWSError) -> AWSError {
        guard error.code != .cancelled, !passed.isEmpty else { return error }
        return AWSError(
            error.code,
            detail: error.detail + " (tried before: " + passed.joined(separator: "; ") + ")",
            remedy: error.remedy,
            isTransient: error.isTransient
        )
    }
}

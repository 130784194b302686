/// Finds out from the shared files how a profile's credentials are had.
struct ProfilePlanner: Sendable {
    /// Chains of more roles than this are a mistake.
    private static let roleLimit = 10

    let files: SharedFiles
    let now: Timestamp

    /// The role that a profile takes with other credentials; nil if it takes none so.
    func role(_ name: String) throws(AWSError) -> CredentialsPlan? {
        try role(files.profile(name), behind: [])
    }

    /// The other ways a profile has: a token, a login, keys, a program; nil if it has none.
    func own(_ name: String) throws(AWSError) -> CredentialsPlan? {
        let profile = files.profile(name)
        if let plan = try webIdentity(profile) { return .webIdentity(plan) }
        if let plan = try singleSignOn(profile) { return .singleSignOn(plan) }
        if let keys = try profile.keysOfCredentialsFile() { return .keys(keys) }
        if let line = profile["credential_process"] {
            let words: [Secret]
            do throws(AWSError) {
                words = try CommandWords.split(line)
            } catch {
                throw invalid(profile, "credential_process \(error.detail)")
            }
            return .process(CredentialProcess(words: words, profile: name))
        }
        if let keys = try profile.keysOfConfigFile() { return .keys(keys) }
        guard profile["login_session"] == nil else {
            throw invalid(
                profile,
                "has a login_session, which only the AWS tools can use",
                remedy: "Name a profile with keys, a role or sso_session, or print credentials by credential_process"
            )
        }
        return nil
    }

    // MARK: - Roles

    private func role(_ profile: SharedProfile, behind: [String]) throws(AWSError) -> CredentialsPlan? {
        guard let arn = profile["role_arn"], profile["web_identity_token_file"] == nil else { return nil }
        guard profile["mfa_serial"] == nil else {
            throw invalid(
                profile,
                "has mfa_serial, and a service cannot type a code",
                remedy: "Name a profile whose role asks for no MFA device"
            )
        }
        guard behind.count < Self.roleLimit else {
            throw invalid(profile, "is behind more than \(Self.roleLimit) roles")
        }
        let role = AssumedRole(
            arn: arn,
            sessionName: try sessionName(profile),
            externalID: profile["external_id"],
            duration: try duration(profile),
            profile: profile.name
        )
        switch (profile["source_profile"], profile["credential_source"]) {
        case (nil, nil):
            throw invalid(
                profile,
                "has role_arn but none of source_profile, credential_source and web_identity_token_file"
            )
        case (.some, .some):
            throw invalid(profile, "has both source_profile and credential_source")
        case (nil, let source?):
            return .role(role, source: try self.source(source, profile))
        case (let source?, nil):
            return .role(role, source: try self.source(source, of: profile, behind: behind + [profile.name]))
        }
    }

    private func source(_ word: String, _ profile: SharedProfile) throws(AWSError) -> CredentialsPlan {
        switch word.lowercased() {
        case "environment": return .environment
        case "ecscontainer": return .container
        case "ec2instancemetadata": return .instance
        default:
            throw invalid(
                profile,
                "has a credential_source that is none of Environment, EcsContainer and Ec2InstanceMetadata"
            )
        }
    }

    /// The credentials of a profile with which another takes its role.
    ///
    /// Keys count before a role here, so a profile with keys may name itself.
    private func source(
        _ name: String,
        of profile: SharedProfile,
        behind: [String]
    ) throws(AWSError) -> CredentialsPlan {
        let source = files.profile(name)
        guard source.exists else {
            throw invalid(profile, "names the source_profile \(name), which neither file has")
        }
        if let keys = try source.keysOfCredentialsFile() { return .keys(keys) }
        if let keys = try source.keysOfConfigFile() { return .keys(keys) }
        guard !behind.contains(name) else {
            throw invalid(
                profile,
                "is part of a circle of source_profile: \((behind + [name]).joined(separator: " → "))"
            )
        }
        if let role = try role(source, behind: behind) { return role }
        guard let own = try own(name) else {
            throw invalid(profile, "names the source_profile \(name), which has no credentials")
        }
        return own
    }

    // MARK: - Tokens and logins

    private func webIdentity(_ profile: SharedProfile) throws(AWSError) -> WebIdentityRole? {
        guard let file = profile["web_identity_token_file"] else { return nil }
        guard let arn = profile["role_arn"] else {
            throw invalid(profile, "has web_identity_token_file but no role_arn")
        }
        return WebIdentityRole(
            arn: arn,
            tokenFile: file,
            sessionName: try sessionName(profile),
            duration: try duration(profile),
            origin: "profile \(profile.name)"
        )
    }

    private func singleSignOn(_ profile: SharedProfile) throws(AWSError) -> SingleSignOnProfile? {
        guard profile["sso_account_id"] != nil || profile["sso_role_name"] != nil else { return nil }
        let session = profile["sso_session"]
        let section = session.flatMap { files.config?.sections["sso-session \($0)"] }
        if let session, section == nil {
            throw invalid(profile, "names the sso_session \(session), which \(files.configPath) does not have")
        }
        func value(_ key: String) throws(AWSError) -> String {
            let found = section?[key] ?? profile[key]
            guard let found, !found.isEmpty else {
                throw invalid(profile, "uses IAM Identity Center but has no \(key)")
            }
            return found
        }
        let region = try value("sso_region")
        guard Region.isName(region) else { throw invalid(profile, "has an sso_region that is no region's name") }
        return SingleSignOnProfile(
            session: session,
            startURL: try value("sso_start_url"),
            region: region,
            accountID: try value("sso_account_id"),
            roleName: try value("sso_role_name"),
            profile: profile.name
        )
    }

    // MARK: - Values

    private func sessionName(_ profile: SharedProfile) throws(AWSError) -> String {
        guard let name = profile["role_session_name"] else { return AssumedRole.defaultSessionName(at: now) }
        guard AssumedRole.isSessionName(name) else {
            throw invalid(profile, "has a role_session_name that is not 2 to 64 letters, digits and _+=,.@-")
        }
        return name
    }

    private func duration(_ profile: SharedProfile) throws(AWSError) -> Int? {
        guard let text = profile["duration_seconds"] else { return nil }
        guard let seconds = Int(text), AssumedRole.durations.contains(seconds) else {
            throw invalid(profile, "has duration_seconds other than 900 to 43200")
        }
        return seconds
    }

    private func invalid(_ profile: SharedProfile, _ reason: String, remedy: String? = nil) -> AWSError {
        AWSError(
            .credentialsFailed,
            detail: "profile \(profile.name) of the shared files cannot be used: it \(reason)",
            remedy: remedy ?? "Correct \(files.configPath)"
        )
    }
}

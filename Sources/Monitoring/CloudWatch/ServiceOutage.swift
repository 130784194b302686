import AWS

/// What is said of a service that does not serve: a warning when that begins, a line when it is over, and nothing between.
struct ServiceOutage {
    /// What cannot be done: `send metrics to CloudWatch`.
    let work: String
    /// What the caller has to be allowed.
    let actions: [String]
    private var hasBegun = false
    private var hasLost = false

    init(work: String, actions: [String]) {
        self.work = work
        self.actions = actions
    }

    /// Notes a failure.
    ///
    /// - Returns: What to warn of; nil if it was said already.
    mutating func begin(_ error: AWSError) -> String? {
        defer { hasBegun = true }
        guard !hasBegun else { return nil }
        return
            "cannot \(work): \(error)\(remedy(for: error)); all else goes on, this is tried again and no more said of it "
            + "until it works"
    }

    /// Notes that the service refuses something, such as `3 lines`, for what it is.
    ///
    /// - Returns: What to warn of; nil if something like it was said already.
    mutating func lose(_ lost: String, _ error: AWSError) -> String? {
        defer { hasLost = true }
        guard !hasLost else { return nil }
        return
            "cannot \(work): \(error); \(lost) will be missing there, as will what is refused like that later, of which no "
            + "more is said"
    }

    /// Notes a success.
    ///
    /// - Returns: What to say; nil if nothing was wrong.
    mutating func end() -> String? {
        defer { hasBegun = false }
        return hasBegun ? "can \(work) again" : nil
    }

    private func remedy(for error: AWSError) -> String {
        guard let failure = error.failure, failure.isDenial else { return "" }
        return
            "; allow \(actions.joined(separator: ", ")) to the role, or take cloudwatch out of monitoring in the settings"
    }
}

extension ServiceFailure {
    /// Whether the caller is known and not allowed to.
    fileprivate var isDenial: Bool {
        ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"].contains(code)
            || status == 403 && code.isEmpty
    }
}

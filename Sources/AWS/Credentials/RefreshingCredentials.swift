import Synchronization

/// Keeps credentials and fetches new ones before they expire, once for all who ask.
///
/// Fetching is a task of its own: a caller that is cancelled stops waiting, and the others still get the credentials.
final class RefreshingCredentials: CredentialsProvider {
    private struct State {
        var refresh = CredentialsRefresh()
        /// The fetch that is under way.
        var pending: PendingCredentials?
    }

    private let state = Mutex(State())
    private let fetch: @Sendable () async -> Result<Credentials, AWSError>
    private let now: @Sendable () -> Timestamp

    /// Makes a provider; nothing is fetched before credentials are asked for.
    init(
        now: @escaping @Sendable () -> Timestamp = { .now },
        fetch: @escaping @Sendable () async -> Result<Credentials, AWSError>
    ) {
        self.now = now
        self.fetch = fetch
    }

    func credentials(_ freshness: CredentialsFreshness) async throws(AWSError) -> Credentials {
        let moment = now()
        let (action, pending, isNew) = state.withLock { state in
            let action = state.refresh.action(freshness, at: moment)
            if case .use = action { return (action, state.pending, false) }
            if let pending = state.pending { return (action, Optional(pending), false) }
            let pending = PendingCredentials()
            state.pending = pending
            return (action, Optional(pending), true)
        }
        if isNew, let pending {
            Task { await self.run(pending) }
        }
        switch action {
        case .use(let kept), .useAndRefresh(let kept): return kept
        case .wait: break
        }
        guard let pending else { throw AWSError(.cancelled, detail: "nothing is being fetched") }
        return try await pending.value()
    }

    private func run(_ pending: PendingCredentials) async {
        let result = await fetch()
        let moment = now()
        let outcome = state.withLock { state in
            state.pending = nil
            switch result {
            case .success(let credentials):
                state.refresh.succeed(credentials, at: moment)
                return result
            case .failure(let error):
                state.refresh.fail(at: moment)
                // What has served before is set up: its silence is likely to pass.
                return .failure(state.refresh.kept == nil || error.code != .noCredentials ? error : error.transient)
            }
        }
        pending.finish(outcome)
    }
}

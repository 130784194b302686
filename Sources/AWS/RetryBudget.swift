import Synchronization

/// How much a client may still repeat, shared by all of its requests.
///
/// While a service is down every request of every task fails, and repeating all of them would keep it down. A repetition
/// costs tokens; only successes bring them back.
final class RetryBudget: Sendable {
    /// The tokens to begin with, and the most there are.
    static let capacity = 500
    /// What a repetition costs.
    static let retryCost = 5
    /// What a repetition costs after no answer came in time.
    static let timeoutCost = 10
    /// What a success at the first attempt brings.
    private static let refill = 1

    private let tokens = Mutex(RetryBudget.capacity)

    init() {}

    /// Takes the price of a repetition.
    ///
    /// - Returns: The price, to be given back on success; nil if there is not as much left.
    func take(afterTimeout: Bool) -> Int? {
        let cost = afterTimeout ? Self.timeoutCost : Self.retryCost
        return tokens.withLock { tokens in
            guard tokens >= cost else { return nil }
            tokens -= cost
            return cost
        }
    }

    /// Gives back what the last repetition cost; a success at the first attempt brings a little.
    func succeed(lastCost: Int?) {
        tokens.withLock { $0 = min(Self.capacity, $0 + (lastCost ?? Self.refill)) }
    }
}

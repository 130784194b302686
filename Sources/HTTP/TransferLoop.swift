import Glibc
import Synchronization

/// Runs transfers on one thread, which alone touches the curl handles.
///
/// Each round: take what callers have handed over, let curl move on, resume the callers of finished transfers, wait.
final class TransferLoop: Sendable {
    private struct Mailbox {
        var submissions: [Submission] = []
        var isStopping = false
    }

    private let multi: CurlMulti
    private let mailbox = Mutex(Mailbox())

    /// Wakes up this often even if nothing happens, as a net under a lost wake-up.
    private static let longestWait: Int32 = 10_000

    /// In microseconds.
    private static let failurePause: UInt32 = 100_000

    init(idleConnections: Int) throws(HTTPError) {
        multi = try CurlMulti(idleConnections: idleConnections)
    }

    /// Hands a request over; its caller is resumed by the loop.
    func submit(_ submission: Submission) {
        mailbox.withLock { $0.submissions.append(submission) }
        multi.wakeUp()
    }

    /// Makes the loop look for cancelled transfers and new requests now.
    func wakeUp() { multi.wakeUp() }

    /// Ends `run` when the transfers that are under way have finished.
    func stop() {
        mailbox.withLock { $0.isStopping = true }
        multi.wakeUp()
    }

    /// The thread's body.
    func run() {
        var transfers: [UInt: Transfer] = [:]
        while true {
            let (submissions, isStopping) = mailbox.withLock { mailbox in
                defer { mailbox.submissions = [] }
                return (mailbox.submissions, mailbox.isStopping)
            }
            for submission in submissions { start(submission, &transfers) }
            dropCancelled(&transfers)
            do {
                try multi.perform()
                finishDone(&transfers)
                if isStopping && transfers.isEmpty { return }
                try multi.wait(milliseconds: Self.longestWait)
            } catch {
                // The multi handle itself is unusable: whoever waits must hear of it.
                for transfer in transfers.values { finish(transfer, .failure(error)) }
                transfers = [:]
                if isStopping { return }
                // Nothing waits on a handle that fails at once; without a pause this would be a busy loop.
                usleep(Self.failurePause)
            }
        }
    }

    private func start(_ submission: Submission, _ transfers: inout [UInt: Transfer]) {
        do {
            let transfer = try Transfer(submission)
            try multi.add(transfer.easy)
            transfers[transfer.easy.id] = transfer
        } catch {
            submission.finish(.failure(error.at(submission.origin)))
        }
    }

    private func dropCancelled(_ transfers: inout [UInt: Transfer]) {
        for (id, transfer) in transfers where transfer.submission.isCancelled {
            transfers[id] = nil
            let error = HTTPError(.cancelled, function: "curl_multi_remove_handle", detail: "the task was cancelled")
            finish(transfer, .failure(error.at(transfer.submission.origin)))
        }
    }

    private func finishDone(_ transfers: inout [UInt: Transfer]) {
        while let (id, result) = multi.nextFinished() {
            guard let transfer = transfers.removeValue(forKey: id) else { continue }
            finish(transfer, transfer.outcome(result))
        }
    }

    private func finish(_ transfer: Transfer, _ outcome: Result<HTTPResponse, HTTPError>) {
        multi.remove(transfer.easy)
        transfer.submission.finish(outcome)
    }
}

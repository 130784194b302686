import Testing

@testable import Replication

@Suite
struct RemoteCheckTests {
    private typealias Check = Preflight.RemoteCheck

    private static let silent = Check(.lake, "lake") {
        // As little as a server that says nothing does it heed that it is cancelled.
        await Task.detached { try? await Task.sleep(for: .seconds(300)) }.value
        return []
    }
    private static let quick = Check(.aws, "identity") { [Finding(.ok, .aws, "identity", "me")] }

    @Test
    func `who does not answer in time fails, and hides nobody else`() async {
        let findings = await Check.findings([Self.silent, Self.quick, Self.silent], within: .milliseconds(100))
        #expect(findings.map(\.check) == ["lake", "identity", "lake"])
        #expect(findings.map(\.status) == [.fail, .ok, .fail])
        #expect(findings[0].message.hasPrefix("did not answer within"))
        #expect(!findings[0].remedies.isEmpty)
    }

    @Test
    func `looks are made side by side`() async {
        let (meetings, meeting) = AsyncStream.makeStream(of: Void.self)
        let first = Check(.aws, "a") {
            for await _ in meetings { return [Finding(.ok, .aws, "a", "met")] }
            return []
        }
        let second = Check(.aws, "b") {
            meeting.yield()
            return []
        }
        let findings = await Check.findings([first, second], within: .seconds(60))
        #expect(findings.map(\.message) == ["met"])
    }

    @Test
    func `a look that fails is a finding`() async {
        let findings = await Check(.slot, "checkpoint") { throw ReplicationError.cancelled }.findings()
        #expect(findings.map(\.status) == [.fail])
    }

    @Test
    func `whoever does not want to know any more does not wait`() async {
        let task = Task { await Self.silent.findings() }
        task.cancel()
        #expect(await task.value == [])
    }
}

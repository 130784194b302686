import Glibc
import TestSupport
import Testing

@testable import AWS

@Suite("Credentials of a program")
struct CredentialProcessTests {
    private let setup: CredentialsSetup

    init() throws {
        setup = try CredentialsSetup()
    }

    private func configure(_ line: String) throws {
        try setup.home.write(".aws/config", "[default]\ncredential_process = \(line)\n")
    }

    private func script(_ text: String) throws -> String {
        try setup.home.write("program.sh", text)
        return "sh \(setup.home.path)/program.sh"
    }

    private let answer = """
        {"Version": 1, "AccessKeyId": "ASIA1", "SecretAccessKey": "\(CredentialsSetup.canary)",
         "SessionToken": "token", "Expiration": "2026-01-01T13:00:00+00:00"}
        """

    @Test("what the program prints is read, with its end")
    func found() async throws {
        try setup.home.write("answer.json", answer)
        try configure("cat '\(setup.home.path)/answer.json'")
        let found = try await setup.find()
        #expect(found.accessKeyID == "ASIA1")
        #expect(found.sessionToken?.exposed == "token")
        #expect(found.expiration == Timestamp(seconds: CredentialsSetup.noon.seconds + 3600))
        #expect(found.source == "credential_process of profile default")
    }

    @Test("the command line is given to no shell")
    func noShell() async throws {
        try configure("echo '{\"Version\": 1, \"AccessKeyId\": \"A\", \"SecretAccessKey\": \"$HOME;id\"}' ")
        let found = try await setup.find()
        #expect(found.secretAccessKey.exposed == "$HOME;id")
        #expect(found.sessionToken == nil && found.expiration == nil)
    }

    @Test("the program has an empty input, no file of ours, the usual signals and a group of its own")
    func surroundings() async throws {
        let inherited = open("/dev/null", O_RDONLY)
        defer { close(inherited) }
        let path = try script(
            """
            read line && exit 1
            for number in 3 4 5 6 7 8 9 \(inherited); do test -e /proc/$$/fd/$number && exit $number; done
            test "$(grep SigBlk /proc/$$/status | tr -dc 1-9a-f | tr -d b)" = "" || exit 2
            printf '{"Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "%s"}' $$ "$(ps -o pgid= $$ | tr -d ' ')"
            """
        )
        // The shell itself has the script open, under a number from 10 on.
        try configure(path)
        let found = try await setup.find()
        #expect(found.accessKeyID == found.secretAccessKey.exposed)
    }

    @Test("a failure shows the status, what was printed about it, and the program without its arguments")
    func failing() async throws {
        let path = try script("echo \"no session: run login $1\" >&2; echo \(CredentialsSetup.canary); exit 3\n")
        try configure("\(path) \(CredentialsSetup.canary)")
        let error = try await setup.failure()
        #expect(error.code == .credentialsFailed)
        #expect(error.detail.contains("credential_process (sh) of profile default ended with status 3"))
        #expect(error.detail.contains("no session: run login <redacted>"))
        #expect(error.detail.contains("tried before: environment: AWS_ACCESS_KEY_ID is not set"))
    }

    @Test("a program that is not there is named")
    func absent() async throws {
        try configure("/nonexistent/program x")
        #expect(try await setup.failure().detail.contains("(/nonexistent/program) of profile default cannot be run"))
    }

    @Test("a program that takes too long is ended with its children")
    func endless() async throws {
        let marker = "\(setup.home.path)/child"
        try configure(try script("sleep 3600 & echo $! > \(marker); wait\n"))
        // Long enough for the script to start its child, which the test waits for below in any case.
        let error = try await setup.failure { $0.processTimeLimit = .seconds(3) }
        #expect(error.detail.contains("had not ended after 3 s"))
        #expect(error.isTransient)
        guard let text = TextFile.read(marker).text, let child = pid_t(TextFile.withoutFinalBreaks(text)) else {
            return
        }
        // Someone has to collect it: until then it is still there, but no longer asleep.
        while kill(child, 0) == 0, !isZombie(child) { try await Task.sleep(for: .milliseconds(10)) }
    }

    private func isZombie(_ pid: pid_t) -> Bool {
        TextFile.read("/proc/\(pid)/stat").text?.contains(") Z ") != false
    }

    @Test("a child that keeps the output open is not waited for")
    func daemon() async throws {
        try setup.home.write("answer.json", answer)
        let path = try script("sleep 30 &\necho $! > \(setup.home.path)/child\ncat \(setup.home.path)/answer.json\n")
        try configure(path)
        #expect(try await setup.find().accessKeyID == "ASIA1")
        let child = TextFile.read("\(setup.home.path)/child").text.flatMap { pid_t(TextFile.withoutFinalBreaks($0)) }
        kill(try #require(child), SIGKILL)
    }

    @Test("a program that prints without end is ended")
    func flood() async throws {
        try configure("yes \(CredentialsSetup.canary)")
        #expect(try await setup.failure().detail.contains("printed more than 65536 bytes"))
    }

    @Test(
        "an answer of another form is refused without being shown",
        arguments: [
            ("not json \(CredentialsSetup.canary)", "is not JSON"),
            ("", "is not JSON"),
            ("[1]", "is not a JSON object"),
            (#"{"Version": 2, "AccessKeyId": "A", "SecretAccessKey": "S"}"#, "another Version than 1"),
            (#"{"Version": "1", "AccessKeyId": "A", "SecretAccessKey": "S"}"#, "another type at Version"),
            (#"{"Version": 1, "AccessKeyId": "A"}"#, "has no SecretAccessKey"),
            (#"{"Version": 1, "AccessKeyId": "A\r\nX: y", "SecretAccessKey": "S"}"#, "contains a space, a line break"),
            (#"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S", "Expiration": "soon"}"#, "is no date"),
            (
                #"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S", "Expiration": "2026-01-01T11:59:59Z"}"#,
                "expired at 20260101T115959Z"
            ),
        ]
    )
    func malformed(answer: String, reason: String) async throws {
        try setup.home.write("answer", answer)
        try configure("cat \(setup.home.path)/answer")
        let error = try await setup.failure()
        #expect(error.code == .credentialsFailed)
        #expect(error.detail.contains(reason), "\(error)")
    }
}

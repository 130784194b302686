import Logging
import PostgresClient
import Telemetry
import Testing

@testable import Replication

@Suite
struct StreamServiceTests {
    @Test
    func `a stream that has not begun says that it is not connected`() async throws {
        let request = ReplicationRequest(
            database: try DatabaseURL("postgresql://alice@127.0.0.1:1/billing"),
            lake: LakeOptions(location: .folder(path: "/dev/null/lake")),
            spill: .insideLake
        )
        let service = StreamService(request, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await #expect(throws: ReplicationError.self) { _ = try await service.run() }
        let connected = request.instruments.readings().first { $0.metric.name == "sluice_connected" }
        #expect(connected?.values.map(\.value) == [0])
    }
}

import Monitoring
import Replication
import Synchronization
import Telemetry

/// What makes a run visible from outside: begun when the settings are known, ended after its last log line.
final class RunWatch: Sendable {
    /// The command that goes on until it is told to stop.
    private static let service = "replicate"

    private let monitoring = Mutex<MonitoringService?>(nil)

    /// Begins, if the options ask for anything.
    func begin(
        _ command: String,
        _ options: MonitoringOptions,
        lake: LakeOptions,
        slot: String,
        instruments: Instruments
    ) {
        guard options != MonitoringOptions() else { return }
        // Region and profile of another store than AWS's say nothing of AWS.
        let isOnAWS = lake.endpoint == nil
        let service = MonitoringService(
            MonitoringService.Run(
                command: command,
                slot: slot,
                region: isOnAWS ? lake.region : nil,
                profile: isOnAWS ? lake.profile : nil,
                isService: command == Self.service
            ),
            options,
            instruments: instruments
        )
        service.start()
        monitoring.withLock { $0 = service }
    }

    /// Ends; what is still to be sent is waited for a few seconds.
    func end() async {
        await monitoring.withLock { $0.take() }?.end()
    }
}

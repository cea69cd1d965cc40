namespace NixRemote.Stores;

public sealed partial class WorkerConnection
{
    private const int BuildLogLineResult = 101;
    private const int SetPhaseResult = 104;
    private const int PostBuildLogLineResult = 107;

    // The tags of wire.md §4.3.
    private enum MessageTag : ulong
    {
        Next = 0x6f6c6d67,
        Read = 0x64617461,
        Write = 0x64617416,
        Last = 0x616c7473,
        Error = 0x63787470,
        StartActivity = 0x53545254,
        StopActivity = 0x53544f50,
        Result = 0x52534c54,
    }

    // Messages (wire.md §4.3), each after its tag:
    //   NEXT string · START_ACTIVITY u64 id, u64 level, u64 type, string text, fields, u64 parent · STOP_ACTIVITY u64 id
    //   RESULT u64 id, u64 type, fields · READ u64 n · ERROR see ReadErrorAsync · LAST –
    /// <summary>Reads messages up to LAST, after which the operation's result follows.</summary>
    /// <param name="events">Told each message.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="answerRead">Answers a READ; null where the daemon must not ask.</param>
    /// <exception cref="NixRemoteException">RemoteError, NotTrusted, SignatureMissing, PathNotValid: the daemon's
    /// answer is an error.</exception>
    private async ValueTask ReadMessagesAsync(
        Action<StoreEvent>? events, CancellationToken cancellationToken, Func<ulong, ValueTask>? answerRead = null)
    {
        while (true)
        {
            var offset = Reader.Position;
            var tag = await Reader.ReadUInt64Async(cancellationToken).ConfigureAwait(false);
            switch ((MessageTag)tag)
            {
                case MessageTag.Last:
                    return;
                case MessageTag.Error:
                    throw await ReadErrorAsync(cancellationToken).ConfigureAwait(false);
                case MessageTag.Next:
                    var line = await Reader.ReadTextAsync(WireLimits.LogLineBytes, "a message", cancellationToken).ConfigureAwait(false);
                    events?.Invoke(new StoreEvent.Message(line.TrimEnd('\n', '\r')));
                    break;
                case MessageTag.StartActivity:
                    var started = await ReadStartActivityAsync(cancellationToken).ConfigureAwait(false);
                    events?.Invoke(started);
                    break;
                case MessageTag.StopActivity:
                    var id = await Reader.ReadUInt64Async(cancellationToken).ConfigureAwait(false);
                    events?.Invoke(new StoreEvent.ActivityStopped(id));
                    break;
                case MessageTag.Result:
                    var result = await ReadResultAsync(cancellationToken).ConfigureAwait(false);
                    events?.Invoke(result);
                    break;
                case MessageTag.Read when answerRead is not null:
                    await answerRead(await Reader.ReadUInt64Async(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
                    break;
                case MessageTag.Read:
                case MessageTag.Write:
                    throw WireReader.Violation(offset, $"the message {(MessageTag)tag} has no place in this operation");
                default:
                    throw WireReader.Violation(offset, $"a message must begin with one of its tags, not with {tag:x}");
            }
        }
    }

    private async ValueTask<StoreEvent> ReadStartActivityAsync(CancellationToken cancellationToken)
    {
        var id = await Reader.ReadUInt64Async(cancellationToken).ConfigureAwait(false);
        var level = await Reader.ReadNumberAsync(int.MaxValue, "the level of an activity", cancellationToken).ConfigureAwait(false);
        var type = await Reader.ReadNumberAsync(int.MaxValue, "the type of an activity", cancellationToken).ConfigureAwait(false);
        var text = await Reader.ReadTextAsync(WireLimits.LogLineBytes, "the text of an activity", cancellationToken).ConfigureAwait(false);
        var fields = await ReadFieldsAsync(cancellationToken).ConfigureAwait(false);
        var parent = await Reader.ReadUInt64Async(cancellationToken).ConfigureAwait(false);
        var known = Enum.IsDefined((ActivityType)type) ? (ActivityType)type : ActivityType.Unknown;
        return new StoreEvent.ActivityStarted(id, level, known, text, fields, parent);
    }

    private async ValueTask<StoreEvent> ReadResultAsync(CancellationToken cancellationToken)
    {
        var id = await Reader.ReadUInt64Async(cancellationToken).ConfigureAwait(false);
        var type = await Reader.ReadNumberAsync(int.MaxValue, "the type of a result", cancellationToken).ConfigureAwait(false);
        var fields = await ReadFieldsAsync(cancellationToken).ConfigureAwait(false);
        return (type, fields) switch
        {
            (BuildLogLineResult or PostBuildLogLineResult, [string line]) => new StoreEvent.BuildLogLine(line),
            (SetPhaseResult, [string phase]) => new StoreEvent.Phase(phase),
            _ => new StoreEvent.ActivityResult(id, type, fields),
        };
    }

    // fields (wire.md §4.3): u64 count, then per field u64 kind: 0 → u64, 1 → string
    private async ValueTask<object[]> ReadFieldsAsync(CancellationToken cancellationToken)
    {
        var count = await Reader.ReadNumberAsync(WireLimits.ActivityFields, "the number of fields", cancellationToken).ConfigureAwait(false);
        var fields = new object[count];
        for (var i = 0; i < count; i++)
        {
            var offset = Reader.Position;
            fields[i] = await Reader.ReadUInt64Async(cancellationToken).ConfigureAwait(false) switch
            {
                0 => await Reader.ReadUInt64Async(cancellationToken).ConfigureAwait(false),
                1 => await Reader.ReadTextAsync(WireLimits.LogLineBytes, "a field", cancellationToken).ConfigureAwait(false),
                var kind => throw WireReader.Violation(offset, $"a field must be of kind 0 or 1, not {kind}"),
            };
        }

        return fields;
    }

    // ERROR (wire.md §4.3):
    //   ≥ 1.26: string "Error"; u64 level; string name; string message; u64 havePos 0; u64 nTraces; per trace: u64 havePos 0, string
    //   before: string message; u64 exitStatus
    private async ValueTask<NixRemoteException> ReadErrorAsync(CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        if (Since(26))
        {
            var offset = Reader.Position;
            var kind = await Reader.ReadTextAsync(WireLimits.NameBytes, "the kind of an error", cancellationToken).ConfigureAwait(false);
            if (kind != "Error")
            {
                throw WireReader.Violation(offset, $"the kind of an error must be 'Error', but is '{kind}'");
            }

            await Reader.ReadUInt64Async(cancellationToken).ConfigureAwait(false);
            await Reader.ReadTextAsync(WireLimits.NameBytes, "the name of an error", cancellationToken).ConfigureAwait(false);
            lines.Add(await Reader.ReadTextAsync(WireLimits.ErrorTextBytes, "an error text", cancellationToken).ConfigureAwait(false));
            await ReadNoPositionAsync(cancellationToken).ConfigureAwait(false);
            var traces = await Reader.ReadNumberAsync(WireLimits.ErrorTraces, "the number of traces", cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < traces; i++)
            {
                await ReadNoPositionAsync(cancellationToken).ConfigureAwait(false);
                lines.Add(await Reader.ReadTextAsync(WireLimits.ErrorTextBytes, "a trace", cancellationToken).ConfigureAwait(false));
            }
        }
        else
        {
            lines.Add(await Reader.ReadTextAsync(WireLimits.ErrorTextBytes, "an error text", cancellationToken).ConfigureAwait(false));
            await Reader.ReadUInt64Async(cancellationToken).ConfigureAwait(false);
        }

        InStep = true;
        var text = string.Join('\n', lines.Select(RemoteErrorText.Bare));
        return new NixRemoteException(RemoteErrorText.Recognise(text) ?? NixErrors.RemoteError, $"{Name} answered: {text}")
        {
            Builder = Name,
        };
    }

    private async ValueTask ReadNoPositionAsync(CancellationToken cancellationToken)
    {
        var offset = Reader.Position;
        if (await Reader.ReadUInt64Async(cancellationToken).ConfigureAwait(false) is var position and not 0)
        {
            throw WireReader.Violation(offset, $"an error must have no position, but has {position}");
        }
    }
}

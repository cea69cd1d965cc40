namespace NixRemote.Stores;

/// <summary>Something that a store tells while it works (wire.md §3.8, §4.3).</summary>
public abstract record StoreEvent
{
    private StoreEvent()
    {
    }

    /// <summary>One line of a build's log, without its line end, control sequences kept.</summary>
    public sealed record BuildLogLine(string Text) : StoreEvent;

    /// <summary>The build's phase (setPhase).</summary>
    public sealed record Phase(string Name) : StoreEvent;

    /// <summary>A message of the store itself (STDERR_NEXT), without its line end.</summary>
    public sealed record Message(string Text) : StoreEvent;

    /// <summary>An activity has begun.</summary>
    public sealed record ActivityStarted(ulong Id, int Level, ActivityType Type, string Text, IReadOnlyList<object> Fields, ulong Parent) : StoreEvent;

    /// <summary>An activity has ended.</summary>
    public sealed record ActivityStopped(ulong Id) : StoreEvent;

    /// <summary>A figure of an activity; <paramref name="Type"/> is the wire's result type, fields are ulong or string.</summary>
    public sealed record ActivityResult(ulong Id, int Type, IReadOnlyList<object> Fields) : StoreEvent;
}

namespace NixRemote.Scheduling;

/// <summary>What Nix's build hook answers to the question whether it takes a build (scheduling.md §3).</summary>
public enum HookReplyKind
{
    /// <summary>A machine has it.</summary>
    Accept,

    /// <summary>A machine would take it, but none has a free slot: ask again later.</summary>
    Postpone,

    /// <summary>Build it yourself.</summary>
    Decline,

    /// <summary>There are no machines: never ask again.</summary>
    DeclinePermanently,
}

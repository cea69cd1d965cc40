namespace NixRemote.Builds;

/// <summary>Which outputs a run brings to the destination.</summary>
public enum CopyOutputs
{
    /// <summary>Those of the goals; what was built in between stays where it was built.</summary>
    Goals,

    /// <summary>Those of all derivations that were built for the goals.</summary>
    All,

    /// <summary>None: all stay where they were built.</summary>
    None,
}

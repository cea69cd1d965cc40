namespace NixRemote.Stores;

/// <summary>The result of one of several goals.</summary>
/// <param name="Goal">The goal, as it was asked for.</param>
/// <param name="Result">What came of it.</param>
public sealed record KeyedBuildResult(DerivedPath Goal, BuildResult Result);

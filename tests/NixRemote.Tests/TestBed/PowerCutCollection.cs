namespace NixRemote.Tests.TestBed;

/// <summary>The tests that kill nodes of the test bed; they run when all others that run beside each other are done.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class PowerCutCollection
{
    /// <summary>The collection's name.</summary>
    public const string Name = "power cuts";
}

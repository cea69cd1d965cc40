namespace NixRemote.Tests.TestBed;

/// <summary>The tests that load the test bed so much that two classes of them must not run at the same time.</summary>
[CollectionDefinition(Name)]
public sealed class TestBedCollection
{
    /// <summary>The collection's name.</summary>
    public const string Name = "test bed";
}

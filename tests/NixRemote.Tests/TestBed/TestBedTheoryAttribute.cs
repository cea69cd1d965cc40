namespace NixRemote.Tests.TestBed;

/// <summary>A theory that needs the test bed; skipped with the reason where it is not up.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TestBedTheoryAttribute : TheoryAttribute
{
    /// <summary>Looks for the test bed.</summary>
    public TestBedTheoryAttribute() => Skip = NixTestBed.WhyNotUp;
}

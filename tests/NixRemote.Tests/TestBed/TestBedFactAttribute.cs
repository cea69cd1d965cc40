namespace NixRemote.Tests.TestBed;

/// <summary>A fact that needs the test bed; skipped with the reason where it is not up.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TestBedFactAttribute : FactAttribute
{
    /// <summary>Looks for the test bed.</summary>
    public TestBedFactAttribute() => Skip = NixTestBed.WhyNotUp;
}

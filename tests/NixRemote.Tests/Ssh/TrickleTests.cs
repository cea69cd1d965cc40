using NixRemote.Adapters.Ssh;

namespace NixRemote.Tests.Ssh;

/// <summary>When what a server sends may gather before it is carried on: never where somebody may wait for it.</summary>
public sealed class TrickleTests
{
    // a: a small arrival; A: a large one; s: something was sent; b: both at once; .: a look that moved nothing; _: one after a pause in which nothing came
    [Theory]
    [InlineData("", false)]
    [InlineData("aaaaaaa", false)]
    [InlineData("aaaaaaaa", true)]
    [InlineData("a.a.a..a.a.a.a.a.", true)]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaa", true)]
    [InlineData("aaaaaaaas", false)]
    [InlineData("aaaaaaaab", false)]
    [InlineData("aaaaaaaaA", false)]
    [InlineData("aaaaaaaa_", false)]
    [InlineData("aaaaaaaa_aaaaaaa", false)]
    [InlineData("aaaaaaaa_aaaaaaaa", true)]
    [InlineData("sasasasasasasasasa", false)]
    [InlineData("AAAAAAAAAAAAAAAA", false)]
    public void SmallArrivalsOnEndGatherUntilSomethingIsSent(string looks, bool gathers)
    {
        var trickle = default(Trickle);
        foreach (var look in looks)
        {
            var came = look switch { 'a' or 'b' => Trickle.SmallArrival - 1, 'A' => Trickle.SmallArrival, _ => 0 };
            trickle.Note(came, look is 's' or 'b' ? 1 : 0, gathered: look == '_');
        }

        Assert.Equal(gathers, trickle.Gathers);
    }
}

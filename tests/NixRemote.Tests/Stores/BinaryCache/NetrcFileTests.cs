using NixRemote.Stores.BinaryCache;
using NixRemote.Tests.StoreObjects;

namespace NixRemote.Tests.Stores.BinaryCache;

/// <summary>The words of netrc files.</summary>
public sealed class NetrcFileTests
{
    // the file, the host, its login and password
    [Theory]
    [InlineData("machine a.org login me password secret", "a.org", "me", "secret")]
    [InlineData("machine a.org login me password secret", "A.ORG", "me", "secret")]
    [InlineData("machine a.org login me password secret", "b.org", null, null)]
    [InlineData("machine a.org login me password secret", "sub.a.org", null, null)]
    [InlineData("machine a.org\n\tlogin me\r\n  password secret\n", "a.org", "me", "secret")]
    [InlineData("machine a.org password secret login me", "a.org", "me", "secret")]
    [InlineData("machine a.org password token", "a.org", "", "token")]
    [InlineData("machine a.org login one password 1\nmachine b.org login two password 2", "b.org", "two", "2")]
    [InlineData("machine a.org login one password 1\nmachine a.org login two password 2", "a.org", "one", "1")]
    [InlineData("machine a.org login one password 1\ndefault login any password all", "b.org", "any", "all")]
    [InlineData("default login any password all\nmachine a.org login one password 1", "a.org", "one", "1")]
    [InlineData("machine a.org login \"my name\" password \"a \\\"b\\\" \\\\ c\"", "a.org", "my name", "a \"b\" \\ c")]
    [InlineData("# machine a.org login no password no\nmachine a.org login me password secret", "a.org", "me", "secret")]
    [InlineData("machine a.org account x login me password secret", "a.org", "me", "secret")]
    [InlineData("macdef init\nmachine a.org login no password no\n\nmachine a.org login me password secret", "a.org", "me", "secret")]
    [InlineData("machine a.org login me password se#cret", "a.org", "me", "se#cret")]
    [InlineData("login lost password lost\nmachine a.org login me password secret", "a.org", "me", "secret")]
    [InlineData("machine a.org login", "a.org", "", "")]
    [InlineData("machine", "a.org", null, null)]
    [InlineData("machine a.org login \"me", "a.org", "me", "")]
    [InlineData("", "a.org", null, null)]
    public void A_host_has_its_login(string text, string host, string? login, string? password)
    {
        var found = NetrcFile.Parse(text).Find(host);

        Assert.Equal((login, password), (found?.Login, found?.Password));
    }

    [Fact]
    public void A_file_that_is_not_there_says_nothing_and_one_that_is_too_large_is_told()
    {
        using var directory = new TemporaryDirectory();
        var told = new List<string>();

        Assert.Null(NetrcFile.Load(directory["missing"], told.Add).Find("a.org"));
        Assert.Empty(told);

        File.WriteAllText(directory["large"], "default login a password b" + new string(' ', BinaryCacheLimits.NetrcBytes));
        Assert.Null(NetrcFile.Load(directory["large"], told.Add).Find("a.org"));
        Assert.Contains("large", Assert.Single(told), StringComparison.Ordinal);
    }
}

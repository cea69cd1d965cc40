using System.Text;
using NixRemote.StoreObjects;
using static NixRemote.Tests.StoreObjects.DerivationTexts;

namespace NixRemote.Tests.StoreObjects;

/// <summary>nar.md §7.</summary>
public sealed class DerivationOptionsTests
{
    // nar.md §9: j with the options in the environment, sa with structured attributes
    [Theory]
    [InlineData("a", "", false, true)]
    [InlineData("j", "big-parallel kvm", true, false)]
    [InlineData("sa", "kvm", true, true)]
    [InlineData("ca", "ca-derivations", false, true)]
    [InlineData("dep", "ca-derivations", false, true)]
    public void Derivations_of_Nix(string name, string features, bool preferLocalBuild, bool allowSubstitutes)
    {
        var options = DerivationOptions.Read(Vectors.ReadDerivation(name));

        Assert.Equal(features, string.Join(' ', options.RequiredSystemFeatures));
        Assert.Equal(preferLocalBuild, options.PreferLocalBuild);
        Assert.Equal(allowSubstitutes, options.AllowSubstitutes);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("", false)]
    [InlineData("0", false)]
    [InlineData("true", false)]
    public void A_flag_of_the_environment_is_set_by_1_only(string value, bool set)
    {
        var options = DerivationOptions.Read(WithEnvironment(("allowSubstitutes", value), ("preferLocalBuild", value)));
        Assert.Equal(set, options.AllowSubstitutes);
        Assert.Equal(set, options.PreferLocalBuild);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("kvm", "kvm")]
    [InlineData("  kvm \t big-parallel\nkvm\r\n", "big-parallel kvm")]
    public void Features_of_the_environment_are_separated_by_white_space(string value, string features) =>
        Assert.Equal(features, string.Join(' ', DerivationOptions.Read(WithEnvironment(("requiredSystemFeatures", value))).RequiredSystemFeatures));

    [Fact]
    public void Structured_attributes_hide_the_environment()
    {
        var options = DerivationOptions.Read(WithEnvironment(
            ("__json", "{}"), ("allowSubstitutes", ""), ("preferLocalBuild", "1"), ("requiredSystemFeatures", "kvm")));

        Assert.Empty(options.RequiredSystemFeatures);
        Assert.False(options.PreferLocalBuild);
        Assert.True(options.AllowSubstitutes);
    }

    [Theory]
    [InlineData("{\"requiredSystemFeatures\":[\"kvm\",\"big-parallel\",\"kvm\"],\"preferLocalBuild\":true,\"allowSubstitutes\":false}", "big-parallel kvm", true, false)]
    [InlineData("{\"requiredSystemFeatures\":[],\"preferLocalBuild\":false,\"allowSubstitutes\":true}", "", false, true)]
    [InlineData("{\"a\":{\"requiredSystemFeatures\":[\"kvm\"],\"preferLocalBuild\":1},\"b\":[[1.5e300,null,\"\"]]}", "", false, true)]
    [InlineData("{\"preferLocalBuild\":false,\"preferLocalBuild\":true}", "", true, true)]
    public void Structured_attributes_are_read(string json, string features, bool preferLocalBuild, bool allowSubstitutes)
    {
        var options = DerivationOptions.Read(WithEnvironment(("__json", json)));

        Assert.Equal(features, string.Join(' ', options.RequiredSystemFeatures));
        Assert.Equal(preferLocalBuild, options.PreferLocalBuild);
        Assert.Equal(allowSubstitutes, options.AllowSubstitutes);
    }

    [Theory]
    [InlineData("{\"preferLocalBuild\":\"1\"}", "The attribute 'preferLocalBuild' of '{0}' must be true or false.")]
    [InlineData("{\"preferLocalBuild\":1}", "The attribute 'preferLocalBuild' of '{0}' must be true or false.")]
    [InlineData("{\"allowSubstitutes\":null}", "The attribute 'allowSubstitutes' of '{0}' must be true or false.")]
    [InlineData("{\"allowSubstitutes\":{}}", "The attribute 'allowSubstitutes' of '{0}' must be true or false.")]
    [InlineData("{\"requiredSystemFeatures\":\"kvm\"}", "The attribute 'requiredSystemFeatures' of '{0}' must be a list of strings.")]
    [InlineData("{\"requiredSystemFeatures\":[\"kvm\",1]}", "The attribute 'requiredSystemFeatures' of '{0}' must be a list of strings.")]
    [InlineData("{\"requiredSystemFeatures\":[[\"kvm\"]]}", "The attribute 'requiredSystemFeatures' of '{0}' must be a list of strings.")]
    [InlineData("{\"requiredSystemFeatures\":{\"kvm\":true}}", "The attribute 'requiredSystemFeatures' of '{0}' must be a list of strings.")]
    [InlineData("[]", "The structured attributes (__json) of '{0}' are not a JSON object.")]
    [InlineData("null", "The structured attributes (__json) of '{0}' are not a JSON object.")]
    public void Wrong_types_are_errors_that_name_the_attribute(string json, string message)
    {
        var exception = Assert.Throws<NixRemoteException>(() => DerivationOptions.Read(WithEnvironment(("__json", json))));

        Assert.Equal("DerivationInvalid", exception.ErrorId);
        Assert.Equal(string.Format(System.Globalization.CultureInfo.InvariantCulture, message, SomePath), exception.Message);
        Assert.Equal(SomePath.ToString(), exception.Target);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"a\"}")]
    [InlineData("{}x")]
    [InlineData("{\"a\":[}")]
    public void What_is_no_JSON_is_an_error(string json)
    {
        var exception = Assert.Throws<NixRemoteException>(() => DerivationOptions.Read(WithEnvironment(("__json", json))));
        Assert.Equal("DerivationInvalid", exception.ErrorId);
        Assert.StartsWith($"The structured attributes (__json) of '{SomePath}' are not JSON: ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_in_JSON_that_are_no_text_are_an_error()
    {
        var derivation = WithEnvironment() with { Environment = [new("__json", new ByteString(Encoding.Latin1.GetBytes("{\"requiredSystemFeatures\":[\"\u00ff\"]}")))] };
        Assert.Equal("DerivationInvalid", Assert.Throws<NixRemoteException>(() => DerivationOptions.Read(derivation)).ErrorId);
    }

    [Fact]
    public void JSON_nested_without_end_is_an_error() =>
        Assert.Equal("DerivationInvalid",
            Assert.Throws<NixRemoteException>(() => DerivationOptions.Read(WithEnvironment(("__json", "{\"a\":" + new string('[', 100_000))))).ErrorId);
}

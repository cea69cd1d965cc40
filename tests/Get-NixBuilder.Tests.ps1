Describe 'Get-NixBuilder' {
    BeforeAll { . "$PSScriptRoot/common.ps1" }

    It 'reads a builders text' {
        $builders = Get-NixBuilder -Builders 'ssh://a x86_64-linux ; nix@b i686-linux - 4 2.5 kvm big'
        $builders.Name | Should -Be @('a', 'b')
        $builders[1].Uri | Should -BeExactly 'ssh://nix@b'
        $builders[1].MaxJobs | Should -Be 4
        $builders[1].SpeedFactor | Should -Be 2.5
        $builders[1].SupportedFeatures | Should -Be @('kvm')
        $builders[1].MandatoryFeatures | Should -Be @('big')
        $builders[1].Source.ToString() | Should -Be '-Builders:1:24'
    }

    It 'reads TOML' {
        (Get-NixBuilder -Builders 'machines.x = {uri = "ssh://a", jobs = 8}').Name | Should -Be 'x'
    }

    It 'reads files, by wildcards, literally and from the pipeline' {
        Set-Content "$TestDrive/one.machines" 'a'
        Set-Content "$TestDrive/two.machines" 'b'
        (Get-NixBuilder -Path "$TestDrive/*.machines").Name | Sort-Object | Should -Be @('a', 'b')
        (Get-NixBuilder -LiteralPath "$TestDrive/one.machines").Name | Should -Be 'a'
        (Get-ChildItem "$TestDrive/two.machines" | Get-NixBuilder).Name | Should -Be 'b'
    }

    It 'makes one error of a bad line and gives the others' {
        Set-Content "$TestDrive/bad" "a`nb - - eight`nc"
        $builders = Get-NixBuilder -Path "$TestDrive/bad" -ErrorAction SilentlyContinue -ErrorVariable failures
        $builders.Name | Should -Be @('a', 'c')
        $failures.Count | Should -Be 1
        $failures[0].FullyQualifiedErrorId | Should -Be 'MachinesEntryInvalid,NixRemote.Commands.GetNixBuilderCommand'
        $failures[0].TargetObject | Should -BeLike '*bad:2:7'
        $failures[0].Exception.Message | Should -BeLike "*'eight'*"
        $failures[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'warns of what is suspicious: <Line>' -ForEach @(
        @{ Line = 'h x86_64-lnux'; Warning = "*'x86_64-linux' is*" }
        @{ Line = 'h - - 0'; Warning = '*takes no builds*' }
        @{ Line = 'h?ssh-key=/k'; Warning = '*does not prepend ssh://*' }
    ) {
        $null = Get-NixBuilder -Builders $Line -WarningAction SilentlyContinue -WarningVariable warnings
        $warnings | Should -BeLike $Warning
    }

    It 'filters by name, with wildcards' {
        (Get-NixBuilder 'a*' -Builders 'a1;a2;b1').Name | Should -Be @('a1', 'a2')
        { Get-NixBuilder nobody -Builders 'a' -ErrorAction Stop } | Should -Throw -ErrorId 'BuilderNotFound,NixRemote.Commands.GetNixBuilderCommand'
    }

    It 'shows switched-off builders when asked' {
        $toml = "[machines.a]`nuri = 'ssh://a'`nenable = false"
        Get-NixBuilder -Builders $toml | Should -BeNullOrEmpty
        (Get-NixBuilder -Builders $toml -IncludeDisabled).Enabled | Should -BeFalse
    }

    It 'reads the chain of nix.conf, and tells it' {
        $saved = $env:NIX_CONFIG
        try {
            $env:NIX_CONFIG = 'builders = ssh://from-config x86_64-linux'
            (Get-NixBuilder).Name | Should -Be 'from-config'
            (Get-NixBuilder -Verbose 4>&1 | Out-String) | Should -BeLike '*NIX_CONFIG*'
        }
        finally { $env:NIX_CONFIG = $saved }
    }

    It 'shows a table' {
        Get-NixBuilder -Builders 'ssh://nix@a x86_64-linux,i686-linux - 4 2.5 kvm big' | Out-String -Width 200 |
            Should -BeLike '*Name*Uri*Systems*Jobs*Speed*Features*Enabled*a*ssh://nix@a*x86_64-linux, i686-linux*4*2.5*kvm, big!*True*'
    }

    It 'completes names' {
        $line = "Get-NixBuilder -Builders 'alpha;beta' -Name al"
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be 'alpha'
    }
}

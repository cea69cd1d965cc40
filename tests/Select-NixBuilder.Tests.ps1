Describe 'Select-NixBuilder' {
    BeforeAll {
        . "$PSScriptRoot/common.ps1"
        $manual = Get-NixBuilder -Builders (@(
                'lix@andesite.lix.systems i686-linux - 8 1 kvm'
                'lix@diorite.lix.systems i686-linux - 8 2'
                'lix@granite.lix.systems i686-linux - 1 2 kvm benchmark'
            ) -join "`n")
    }

    It 'chooses <Expected> for <Features> under <Policy>' -ForEach @(
        foreach ($policy in 'Balanced', 'Nix', 'NixLegacy') {
            @{ Policy = $policy; Features = @(); Expected = 'diorite' }
            @{ Policy = $policy; Features = @('kvm'); Expected = 'andesite' }
            @{ Policy = $policy; Features = @('benchmark'); Expected = 'granite' }
            @{ Policy = $policy; Features = @('benchmark', 'kvm'); Expected = 'granite' }
        }
    ) {
        $feature = if ($Features) { @{ RequiredFeature = $Features } } else { @{} }
        (Select-NixBuilder -System i686-linux -Policy $Policy -Builder $manual @feature).Name | Should -Match "^$Expected"
    }

    It 'explains every builder' {
        $rows = Select-NixBuilder -System i686-linux -Builder $manual -Explain
        # An array has a Rank of its own.
        ($rows | ForEach-Object { "$($_.Rank)" }) -join ',' | Should -Be '1,2,'
        $rows[2].Reason | Should -Be 'it takes only derivations that require the feature benchmark'
        $rows[2].Reasons[0].Features | Should -Be benchmark
        $rows | Out-String -Width 200 | Should -Match 'Rank\s+Name\s+Eligible\s+Score\s+Load\s+Speed\s+Reason'
    }

    It 'says what to change when no builder takes it' {
        Select-NixBuilder -System i686-linux -RequiredFeature big-parallel -Builder $manual -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failure[0].FullyQualifiedErrorId | Should -Be 'NoEligibleBuilder,NixRemote.Commands.SelectNixBuilderCommand'
        $failure[0].ErrorDetails.RecommendedAction | Should -Match 'add big-parallel to its supported features'
    }

    Context 'derivations' {
        BeforeEach { Enter-TestBed }

        It 'reads the derivation' {
            $derivation = New-Derivation select 'echo > $out'
            (Select-NixBuilder $derivation -ExcludeName b28).Name | Should -Be b226
            ($derivation | Select-NixBuilder -Explain).DerivationPath | Select-Object -Unique | Should -Be $derivation
        }

        It 'asks the builders what they have' {
            $derivation = New-Derivation asked 'echo > $out'
            Select-NixBuilder $derivation -Explain | Where-Object { $null -ne $_.HasOutputs } | Should -BeNullOrEmpty
            $null = Invoke-NixRemoteBuild $derivation -Name b226 -CopyOutputs None -NoHistory
            $rows = Select-NixBuilder $derivation -AskBuilder -Explain -Name b28, b226 | Where-Object Eligible
            $rows[0].Name, $rows[0].HasOutputs, $rows[0].Score | Should -Be b226, $true, 0
            $rows[1].HasOutputs, $rows[1].BytesToMove | Should -Be $false, 0
        }
    }
}

"""The filter fields that Kaltura knows of the simulated lists: what is not among them it ignores (kaltura.md §1)."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BASE_ENTRY = _words(
    "idEqual idIn idNotIn nameLike nameMultiLikeOr nameMultiLikeAnd nameEqual partnerIdEqual partnerIdIn "
    "userIdEqual userIdIn userIdNotIn creatorIdEqual tagsLike tagsMultiLikeOr tagsMultiLikeAnd adminTagsLike "
    "adminTagsMultiLikeOr adminTagsMultiLikeAnd categoriesMatchAnd categoriesMatchOr categoriesNotContains "
    "categoriesIdsMatchAnd categoriesIdsMatchOr categoriesIdsNotContains categoriesIdsEmpty statusEqual "
    "statusNotEqual statusIn statusNotIn moderationStatusEqual moderationStatusNotEqual moderationStatusIn "
    "moderationStatusNotIn typeEqual typeIn createdAtGreaterThanOrEqual createdAtLessThanOrEqual "
    "updatedAtGreaterThanOrEqual updatedAtLessThanOrEqual rankLessThanOrEqual rankGreaterThanOrEqual "
    "totalRankLessThanOrEqual totalRankGreaterThanOrEqual groupIdEqual searchTextMatchAnd searchTextMatchOr "
    "accessControlIdEqual accessControlIdIn startDateGreaterThanOrEqual startDateLessThanOrEqual "
    "startDateGreaterThanOrEqualOrNull startDateLessThanOrEqualOrNull endDateGreaterThanOrEqual "
    "endDateLessThanOrEqual endDateGreaterThanOrEqualOrNull endDateLessThanOrEqualOrNull referenceIdEqual "
    "referenceIdIn replacingEntryIdEqual replacingEntryIdIn replacedEntryIdEqual replacedEntryIdIn "
    "replacementStatusEqual replacementStatusIn partnerSortValueGreaterThanOrEqual "
    "partnerSortValueLessThanOrEqual rootEntryIdEqual rootEntryIdIn parentEntryIdEqual entitledUsersEditMatchAnd "
    "entitledUsersEditMatchOr entitledUsersPublishMatchAnd entitledUsersPublishMatchOr entitledUsersViewMatchAnd "
    "entitledUsersViewMatchOr tagsNameMultiLikeOr tagsAdminTagsMultiLikeOr tagsAdminTagsNameMultiLikeOr "
    "tagsNameMultiLikeAnd tagsAdminTagsMultiLikeAnd tagsAdminTagsNameMultiLikeAnd displayInSearchEqual "
    "displayInSearchIn freeText excludedFreeTextGroups descriptionLike isRoot categoriesFullNameIn "
    "categoryAncestorIdIn redirectFromEntryId conversionProfileIdEqual advancedSearch"
)
"""Of KalturaBaseEntryFilter."""

CATEGORY = _words(
    "idEqual idIn idNotIn parentIdEqual parentIdIn depthEqual fullNameEqual fullNameStartsWith fullNameIn "
    "fullIdsEqual fullIdsStartsWith fullIdsMatchOr createdAtGreaterThanOrEqual createdAtLessThanOrEqual "
    "updatedAtGreaterThanOrEqual updatedAtLessThanOrEqual tagsLike tagsMultiLikeOr tagsMultiLikeAnd "
    "appearInListEqual privacyEqual privacyIn inheritanceTypeEqual inheritanceTypeIn referenceIdEqual "
    "referenceIdEmpty contributionPolicyEqual membersCountGreaterThanOrEqual membersCountLessThanOrEqual "
    "pendingMembersCountGreaterThanOrEqual pendingMembersCountLessThanOrEqual privacyContextEqual statusEqual "
    "statusIn inheritedParentIdEqual inheritedParentIdIn partnerSortValueGreaterThanOrEqual "
    "partnerSortValueLessThanOrEqual aggregationCategoriesMultiLikeOr aggregationCategoriesMultiLikeAnd freeText "
    "membersIn nameOrReferenceIdStartsWith managerEqual memberEqual fullNameStartsWithIn ancestorIdIn "
    "idOrInheritedParentIdIn advancedSearch"
)
"""Of KalturaCategoryFilter."""

ENTRY_SERVER_NODE = _words(
    "entryIdEqual entryIdIn serverNodeIdEqual serverNodeIdIn serverNodeIdNotIn createdAtLessThanOrEqual "
    "createdAtGreaterThanOrEqual updatedAtGreaterThanOrEqual updatedAtLessThanOrEqual statusEqual statusIn "
    "serverTypeEqual serverTypeIn serverTypeNotIn"
)
"""Of KalturaEntryServerNodeFilter."""

ASSET = _words(
    "idEqual idIn entryIdEqual entryIdIn partnerIdEqual partnerIdIn sizeGreaterThanOrEqual sizeLessThanOrEqual "
    "tagsLike tagsMultiLikeOr tagsMultiLikeAnd createdAtGreaterThanOrEqual createdAtLessThanOrEqual "
    "updatedAtGreaterThanOrEqual updatedAtLessThanOrEqual deletedAtGreaterThanOrEqual deletedAtLessThanOrEqual "
    "typeIn"
)
"""Of KalturaAssetFilter."""

CAPTION_ASSET = _words("captionParamsIdEqual captionParamsIdIn formatEqual formatIn statusEqual statusIn statusNotIn")
"""What KalturaCaptionAssetFilter adds."""

THUMB_ASSET = _words("thumbParamsIdEqual thumbParamsIdIn statusEqual statusIn statusNotIn")
"""What KalturaThumbAssetFilter adds."""

ENTRY_VENDOR_TASK = _words(
    "idEqual idIn idNotIn vendorPartnerIdEqual vendorPartnerIdIn createdAtGreaterThanOrEqual "
    "createdAtLessThanOrEqual updatedAtGreaterThanOrEqual updatedAtLessThanOrEqual queueTimeGreaterThanOrEqual "
    "queueTimeLessThanOrEqual finishTimeGreaterThanOrEqual finishTimeLessThanOrEqual entryIdEqual statusEqual "
    "statusIn reachProfileIdEqual reachProfileIdIn catalogItemIdEqual catalogItemIdIn userIdEqual contextEqual "
    "expectedFinishTimeGreaterThanOrEqual expectedFinishTimeLessThanOrEqual entryObjectTypeEqual "
    "entryObjectTypeIn entryObjectTypeNotIn freeText"
)
"""Of KalturaEntryVendorTaskFilter."""

NOTIFICATION_TEMPLATE = _words(
    "idEqual idIn partnerIdEqual partnerIdIn systemNameEqual systemNameIn typeEqual typeIn statusEqual statusIn "
    "createdAtGreaterThanOrEqual createdAtLessThanOrEqual updatedAtGreaterThanOrEqual updatedAtLessThanOrEqual"
)
"""Of KalturaEventNotificationTemplateFilter."""

SEARCH_ENTRY = _words(
    "access_control_id admin_tags broadcast_entry_id captions_content conversion_profile_id created_at "
    "creator_kuser_id credit description display_in_search end_date entitled_kusers_edit entitled_kusers_publish "
    "entitled_kusers_view entry_type external_source_type flavor_params_ids id is_live is_quiz is_scheduled "
    "kuser_id last_played_at length_in_msecs media_type moderation_status name parent_id partner_sort_value plays "
    "push_publish rank recorded_entry_id recycled_at redirect_entry_id reference_id room_type root_id site_url "
    "source_type start_date tags template_entry_id updated_at user_names votes"
)
"""The wire values of KalturaESearchEntryFieldName."""

SEARCH_CAPTION = _words("caption_asset_id content end_time label language start_time")
"""The wire values of KalturaESearchCaptionFieldName."""

SEARCH_ORDER = _words(
    "created_at end_date last_played_at name plays plays_last_1_day plays_last_30_days plays_last_7_days rank "
    "recycled_at start_date updated_at views views_last_1_day views_last_30_days views_last_7_days votes"
)
"""The wire values of KalturaESearchEntryOrderByFieldName."""

MEDIA_ENTRY = _words(
    "lastPlayedAtGreaterThanOrEqual lastPlayedAtLessThanOrEqual lastPlayedAtLessThanOrEqualOrNull "
    "durationLessThan durationGreaterThan durationLessThanOrEqual durationGreaterThanOrEqual durationTypeMatchOr "
    "mediaTypeEqual mediaTypeIn sourceTypeEqual sourceTypeNotEqual sourceTypeIn sourceTypeNotIn "
    "mediaDateGreaterThanOrEqual mediaDateLessThanOrEqual flavorParamsIdsMatchOr flavorParamsIdsMatchAnd"
)
"""What KalturaMediaEntryFilter and the filters under it add."""
